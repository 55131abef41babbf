"""`handsetctl sim`: virtual handsets in the background."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from handsetctl.bench.client import BenchClient
from handsetctl.bench.client import start as start_bench
from handsetctl.bench.places import DEFAULT_BOARD
from handsetctl.bench.user_files import usable
from handsetctl.cli.output import JsonOption, option, show_rows, tell
from handsetctl.cli.target import BoardOption, NameArgument
from handsetctl.tree import SPEECH_DIR, THIRD_PARTY_DIR

SPEECH_S = 10.0

app = typer.Typer(
    help="Virtual handsets: the real firmware, each with its own serial port, on one virtual air.",
    no_args_is_help=True,
)


@app.command()
def start(
    names: Annotated[str, option(help="Names of the handsets, separated by commas.")] = "A,B",
    board: BoardOption = DEFAULT_BOARD,
    dev: Annotated[
        bool, option("--dev", help="With the development build, for 'handsetctl dev'.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Start virtual handsets and wait until they are ready; does nothing if they run already."""
    from handsetctl.bench.machines import development_firmware_of

    binary = development_firmware_of(board) if dev else None
    bench = start_bench(names=names.split(","), board=board, binary=binary)
    show_rows("virtual handsets", _statuses(bench), as_json, "none")
    if not as_json:
        tell(
            "Now try: handsetctl info A, handsetctl ptt press A, handsetctl monitor B; "
            "end with: handsetctl sim stop"
        )


@app.command()
def stop(as_json: JsonOption = False) -> None:
    """Stop the virtual handsets."""
    stopped = BenchClient().stop()
    if as_json:
        show_rows("", [{"stopped": stopped}], True, "")
    else:
        tell("stopped" if stopped else "none was running")


@app.command("list")
def list_handsets(as_json: JsonOption = False) -> None:
    """List the running virtual handsets: name, board, serial port, state, lights."""
    bench = BenchClient()
    statuses = _statuses(bench) if bench.running else []
    show_rows(
        "virtual handsets", statuses, as_json, "No virtual handset runs: handsetctl sim start"
    )


@app.command("power-off")
def power_off(name: NameArgument) -> None:
    """Cut the power of a virtual handset, without warning."""
    BenchClient().power_off(name)


@app.command("power-on")
def power_on(name: NameArgument) -> None:
    """Give it power again."""
    BenchClient().power_on(name)


@app.command()
def say(
    name: NameArgument,
    wav: Annotated[
        Path | None,
        typer.Argument(help="16 kHz mono WAV; nothing: ten seconds of French speech."),
    ] = None,
) -> None:
    """Speak into the microphone of a virtual handset (it listens only while it may talk)."""
    bench = BenchClient()
    if wav is None:
        wav = _some_speech(bench.state_dir)
    start_s, duration_s = bench.say(name, wav)
    tell(f"speaking for {duration_s:.1f} s")


@app.command()
def hear(
    name: NameArgument,
    wav: Annotated[Path, typer.Argument(help="WAV file to write.")],
    seconds: Annotated[float, option(help="For how long to listen.")] = 10.0,
) -> None:
    """Record what the speaker of a virtual handset plays from now on."""
    bench = BenchClient()
    start_s = bench.now_s()
    bench.hear(name, start_s, start_s + seconds, wav)
    tell(f"written: {wav}")


@app.command()
def walk(
    name: NameArgument,
    nmea: Annotated[
        Path | None,
        typer.Argument(help="Recorded NMEA sentences; nothing: a real walk of 154 m."),
    ] = None,
    rate: Annotated[float, option(help="How much faster than it was walked.")] = 1.0,
) -> None:
    """Play a walk into the GNSS receiver of a virtual handset (it hears it only while powered)."""
    if nmea is None:
        from handsetctl.demo.geolocation import WALK  # slow to load

        nmea = WALK
    BenchClient().gnss_play(name, nmea, rate)


def _some_speech(folder: Path) -> Path:
    from handsetctl import speech  # slow to load

    samples = speech.load_speech(THIRD_PARTY_DIR, SPEECH_DIR, SPEECH_S)
    wav = folder / "speech.wav"
    with usable(wav):
        speech.write_wav(wav, samples, speech.RATE_HZ)
    return wav


def _statuses(bench: BenchClient) -> list[dict[str, Any]]:
    return [
        {
            "name": status.name,
            "board": status.board,
            "port": status.port,
            "state": status.state,
            "boots": status.boots,
            **status.outputs,
        }
        for status in bench.list()
    ]
