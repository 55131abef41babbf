"""`handsetctl store`: the encrypted store of a handset, over its serial port."""

from __future__ import annotations

import getpass
import io
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from handsetctl import spec
from handsetctl.bench.faults import PathUnusable
from handsetctl.bench.user_files import usable, whole_file
from handsetctl.cli.output import (
    JsonOption,
    option,
    progress_bar,
    show_facts,
    show_rows,
    tell,
    usable_output,
    warn,
)
from handsetctl.cli.target import TargetArgument, open_device
from handsetctl.errors import LookNotKept, StoreDamaged, StoreRolledBack
from handsetctl.store.export import Count, Format, format_of, write
from handsetctl.store.looks import Looks, Verdict, default_folder
from handsetctl.store.wear_page import wear_page

if TYPE_CHECKING:
    from handsetctl.device import Device
    from handsetctl.store.device_store import DeviceStore
    from handsetctl.store.facts import Record, Sector, Status

NOT_PROTECTED = "not protected against a dumped flash"
_BAR_AFTER_S = 2.0
_STANDARD_OUTPUT = "-"
_DAYS_DIGITS = 9
# The handset knows the limits; no number longer than this goes there.
_NUMBER_MAX = 1_000_000_000

app = typer.Typer(
    help="The encrypted store of a handset: its state, its records, its past, its wear.\n\n"
    "Personal records never leave a handset, and are not unlocked by any of this.",
    epilog="Example: handsetctl store unlock A; handsetctl store export A records.csv; "
    "handsetctl store lock A",
    no_args_is_help=True,
)

PinFileOption = Annotated[
    Path | None,
    option("--pin-file", help="File whose first line is the PIN; nothing: it is asked for."),
]


@app.command(epilog="Example: handsetctl store status A --json")
def status(target: TargetArgument, as_json: JsonOption = False) -> None:
    """Show whether the store is open, locked, full, worn or damaged."""
    with _open(target) as (_, store):
        show_facts(f"store of {target}", _facts(store.status()), as_json)


@app.command(
    epilog="Examples: handsetctl store export A records.jsonl; handsetctl store export A walk.gpx; "
    "handsetctl store export A - --format csv | head"
)
def export(
    target: TargetArgument,
    file: Annotated[Path, typer.Argument(help="File to write; -: standard output.")],
    format: Annotated[
        Format | None,
        option("--format", help="Nothing: by the file's ending; geojson and gpx: positions only."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Write the professional records of an unlocked handset into a file, a row each.

    What is damaged, not what a handset writes, or left out by the format is counted; on standard
    error where the records go to standard output.
    """
    chosen = format or format_of(file)
    if chosen is None and str(file) != _STANDARD_OUTPUT:
        raise typer.BadParameter(f"'{file}' has no ending that says how: add --format")
    with _open(target) as (_, store), progress_bar(as_json, _BAR_AFTER_S) as progress:
        total = store.status().records
        records = _watched(store.records(), total, progress)
        if str(file) == _STANDARD_OUTPUT:
            with _standard_output() as out:
                count = write(records, out, chosen or Format.JSONL)
        else:
            with whole_file(file) as out:
                count = write(records, out, chosen or Format.JSONL)
    if str(file) == _STANDARD_OUTPUT:
        _tell_missing(count, warn)
    elif as_json:
        show_facts("", {"file": str(file), **vars(count)}, True)
    else:
        tell(f"written: {file}, {count.records} records")
        _tell_missing(count, tell)


@app.command(
    epilog="Example: handsetctl store verify /dev/ttyUSB0 || echo 'look at this handset (exit 9: "
    "rolled back, 1: damaged)'"
)
def verify(
    target: TargetArgument,
    accept: Annotated[
        bool, option("--accept", help="What is there now is right: go on from here.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Find out whether the store was damaged, or taken back to an older image of its flash.

    Each look leaves a number in the handset that the next look from this computer asks for. Exit
    code 9: rolled back; 1: something is damaged, or there is no room for the number.
    """
    with _open(target) as (device, store):
        serial_number = device.identity().serial_number
        verdict = Looks(default_folder()).look(store, serial_number, accept)
    _show_verdict(serial_number, verdict, as_json)
    _raise_if_wrong(serial_number, verdict, accept)


@app.command(epilog="Example: handsetctl store stats A --page flash.html")
def stats(
    target: TargetArgument,
    page: Annotated[
        Path | None, option("--page", help="Also draw use and wear of the flash, as HTML.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show how full and how worn the flash is, and what the store has done since its start."""
    with _open(target) as (device, store):
        counters = dict(device.statistics("store"))
        sectors, now = store.sectors(), store.status()
        serial_number = device.identity().serial_number
    if page is not None:
        created_utc = datetime.now(timezone.utc).isoformat(timespec="seconds")
        with whole_file(page) as out:
            out.write(wear_page(serial_number, created_utc, now, sectors, counters))
    if as_json:
        show_facts("", {**counters, "flash": sectors}, True)
        return
    show_facts(f"store of {target}", counters, False)
    show_rows("flash", _by_state(sectors), False, "no sectors")
    if page is not None:
        tell(f"picture: {page}")


@app.command(
    epilog="Examples: handsetctl store settings A; "
    "handsetctl store settings A --tries-max 5 --lock-after 120 --keep positions=30 --keep calls=90"
)
def settings(
    target: TargetArgument,
    tries_max: Annotated[
        int | None,
        option(
            "--tries-max",
            min=0,
            max=_NUMBER_MAX,
            help="Wrong PINs in a row that wipe everything: 3 to 1000.",
        ),
    ] = None,
    lock_after_s: Annotated[
        int | None,
        option(
            "--lock-after",
            min=0,
            max=86_400,
            help="Seconds without the agent until it locks; 0: never.",
        ),
    ] = None,
    check_ms: Annotated[
        int | None,
        option(
            "--check-ms",
            min=0,
            max=_NUMBER_MAX,
            help="What the check of a PIN is to take: 100 to 5000.",
        ),
    ] = None,
    keep: Annotated[
        list[str] | None,
        option("--keep", metavar="JOURNAL=DAYS", help="For how many days: 3 to 600; repeatable."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show or change what counts for PINs, and how long journals keep their entries.

    Changing them needs an unlocked store, or one without a PIN.
    """
    keep_days = dict(_days(text) for text in keep or ())
    lock_after_ms = None if lock_after_s is None else 1000 * lock_after_s
    later = ""
    with _open(target) as (_, store):
        if keep_days or any(given is not None for given in (tries_max, lock_after_ms, check_ms)):
            later = store.provision(tries_max, lock_after_ms, check_ms, keep_days)
        now = store.settings()
    if as_json:
        show_facts("", {**vars(now), "later": later}, True)
        return
    show_facts(f"settings of {target}", now, False)
    if later:
        tell(f"not at once: {later}")


def _days(text: str) -> tuple[str, int]:
    """A journal and its days."""
    journal, _, days = text.partition("=")
    if not (journal and days.isascii() and days.isdigit() and len(days) <= _DAYS_DIGITS):
        raise typer.BadParameter(f"'{text}' is no JOURNAL=DAYS, such as positions=30")
    return journal, int(days)


@app.command(epilog="Example: handsetctl store unlock A --pin-file pin.txt")
def unlock(
    target: TargetArgument, pin_file: PinFileOption = None, as_json: JsonOption = False
) -> None:
    """Open the professional records with the agent's PIN; a wrong one counts as a try."""
    pin = _pin("PIN: ", pin_file)
    with _open(target) as (_, store):
        now = store.unlock(pin)
    show_facts(f"store of {target}", _facts(now), as_json)


@app.command(epilog="Example: handsetctl store lock A")
def lock(target: TargetArgument, as_json: JsonOption = False) -> None:
    """Close the store: records are still written, and can no longer be read."""
    with _open(target) as (_, store):
        store.lock()
        show_facts(f"store of {target}", _facts(store.status()), as_json)


@app.command(epilog="Example: handsetctl store pin A --pin-file old.txt --new-pin-file new.txt")
def pin(
    target: TargetArgument,
    pin_file: PinFileOption = None,
    new_pin_file: Annotated[
        Path | None,
        option("--new-pin-file", help="File whose first line is the new PIN; nothing: asked for."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Set or change the agent's PIN; the handset is locked afterwards."""
    with _open(target) as (_, store):
        old = _pin("PIN so far: ", pin_file) if store.status().pin_set else ""
        new = _pin("New PIN: ", new_pin_file)
        if new_pin_file is None and _pin("New PIN again: ", None) != new:
            raise typer.BadParameter("the two new PINs differ: nothing was changed")
        now = store.change_pin(old, new)
    show_facts(f"store of {target}", _facts(now), as_json)


@app.command(epilog="Example: handsetctl store wipe A --confirm SIM-0001")
def wipe(
    target: TargetArgument,
    confirm: Annotated[
        str, option("--confirm", help="Serial number of the handset; nothing: it is asked for.")
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Destroy all keys and all records of a handset, for ever."""
    with _open(target) as (device, store):
        serial_number = device.identity().serial_number
        given = confirm or _confirmed(serial_number)
        if given != serial_number:
            raise typer.BadParameter(f"this handset is {serial_number}, not {given}")
        with progress_bar(as_json, _BAR_AFTER_S) as progress:
            now = store.wipe(serial_number, progress)
    Looks(default_folder()).forget(serial_number)
    show_facts(f"store of {target}", _facts(now), as_json)


@contextmanager
def _open(target: str) -> Iterator[tuple[Device, DeviceStore]]:
    with open_device(target) as device:
        from handsetctl.store.device_store import DeviceStore  # slow to load

        yield device, DeviceStore(device)


def _facts(now: Status) -> dict[str, Any]:
    """The state of a store as people read it; with --json the same."""
    facts = dict(vars(now))
    facts["protected"] = "protected" if now.protected else NOT_PROTECTED
    return facts


@contextmanager
def _standard_output() -> Iterator[TextIO]:
    """As files are written: UTF-8 whatever the terminal's is, and the line ends of the format."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", newline="")
    with usable_output():
        yield sys.stdout
        sys.stdout.flush()


def _watched(records: Iterable[Record], total: int, progress: Any) -> Iterator[Record]:
    for number, record in enumerate(records):
        progress(f"{number} records", min(1.0, number / max(total, 1)))
        yield record


def _tell_missing(count: Count, say: Callable[[str], None]) -> None:
    if count.lost:
        say(f"lost to damage: {count.lost}")
    if count.malformed:
        say(f"not what a handset writes, kept as it is in .jsonl and .csv: {count.malformed}")
    if count.left_out:
        say(f"left out, because they are no positions: {count.left_out}")


def _show_verdict(serial_number: str, verdict: Verdict, as_json: bool) -> None:
    look, before = verdict.look, verdict.before
    words = "as it was left" if before else "seen for the first time"
    facts = {
        "serial_number": serial_number,
        "verdict": "rolled back" if verdict.reasons else words,
        "reasons": verdict.reasons,
        "last_look": before.seen_utc if before else None,
        "state": look.state,
        "version": look.version,
        "mac": look.mac,
        "tail": look.tail,
        "damaged": look.damaged,
        "damage": look.damage,
        "remembered": verdict.remembered,
        "dumped_flash": "protected" if look.protected else NOT_PROTECTED,
    }
    show_facts(f"store of {serial_number}", facts, as_json)


def _raise_if_wrong(serial_number: str, verdict: Verdict, accept: bool) -> None:
    look = verdict.look
    if look.state != "ready":
        raise StoreDamaged(
            f"there is no store to be looked at: {look.state}",
            serial_number,
            "see what 'handsetctl monitor' tells at the handset's next start",
        )
    if verdict.reasons and not accept:
        what = "rolled back: " + "; ".join(verdict.reasons)
        if look.damaged:
            what += f". It is damaged in {look.damaged} places, too, which may be all that is wrong"
        raise StoreRolledBack(
            what,
            serial_number,
            "if it was wiped on purpose, or at least "
            f"{spec.store_constant('HOSTS_MAX')} other computers have looked at it since: "
            "handsetctl store verify --accept",
        )
    not_kept = "the number for the next look could not be kept"
    if accept:
        not_kept += ": nothing was accepted"
    if look.damaged:
        what = f"damaged in {look.damaged} places"
        raise StoreDamaged(
            what if look.stored else f"{what}, and {not_kept}",
            serial_number,
            "export what is left, then wipe it",
        )
    if not look.stored:
        raise LookNotKept(not_kept, serial_number, "make room in the store, then verify again")


def _by_state(sectors: list[Sector]) -> list[dict[str, Any]]:
    rows = []
    for state in sorted({sector.state for sector in sectors}):
        of_it = [sector for sector in sectors if sector.state == state]
        erases = [sector.erases for sector in of_it]
        rows.append(
            {
                "state": state,
                "sectors": len(of_it),
                "live_bytes": sum(sector.live_bytes for sector in of_it),
                "erases_min": min(erases),
                "erases_max": max(erases),
            }
        )
    return rows


def _pin(question: str, file: Path | None) -> str:
    """From a file, or from a terminal without showing it; never from the command line, which others
    can read."""
    if file is not None:
        try:
            with usable(file):
                return file.read_text(encoding="utf-8").partition("\n")[0].strip()
        except UnicodeDecodeError:
            # Without the cause: it has what was typed into the file.
            raise PathUnusable(
                "not text in UTF-8", str(file), "its first line is to be the PIN"
            ) from None
    if not sys.stdin.isatty():
        raise typer.BadParameter("there is no terminal to ask for a PIN: use --pin-file")
    try:
        return getpass.getpass(question)
    except UnicodeDecodeError:
        raise typer.BadParameter("what was typed is no text: a PIN is digits") from None


def _confirmed(serial_number: str) -> str:
    if not sys.stdin.isatty():
        raise typer.BadParameter("confirm with --confirm and the serial number of the handset")
    question = f"This destroys all records of {serial_number}. Its serial number"
    return str(typer.prompt(question, err=True))
