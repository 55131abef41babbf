"""`handsetctl store`: what it prints, what it exits with, and what it never says."""

import getpass
import io
import json
import sys

import pytest
from loopback import PIN, SERIAL
from store_doubles import Report

from handset.store.journals import JOURNALS
from handsetctl.cli import main as cli_main
from handsetctl.device import Device

PORT = "/dev/loop"


@pytest.fixture
def run(handset, monkeypatch, capsys, tmp_path):
    """Runs the command line on the handset: (exit code, output, errors)."""
    monkeypatch.setenv("HANDSETCTL_STATE", str(tmp_path / "state"))
    monkeypatch.setattr(Device, "open", classmethod(lambda cls, url: cls(handset)))

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["handsetctl", "store", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            cli_main.main()
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return end.value.code or 0, said.out, said.err

    return run


@pytest.fixture
def pin_file(tmp_path):
    file = tmp_path / "pin"
    file.write_text(PIN + "\n")
    return file


def answer(said):
    code, out, errors = said
    assert code == 0, errors
    return json.loads(out)


def test_status(run):
    now = answer(run("status", PORT, "--json"))
    assert (now["locked"], now["state"]) == (True, "ready")
    assert now["protected"] == "not protected against a dumped flash"
    assert "not protected against a dumped flash" in run("status", PORT)[1]


def test_unlock_lock_and_a_wrong_pin(run, pin_file):
    assert answer(run("unlock", PORT, "--pin-file", pin_file, "--json"))["locked"] is False
    assert answer(run("lock", PORT, "--json"))["locked"] is True
    pin_file.write_text("98765")
    code, out, errors = run("unlock", PORT, "--pin-file", pin_file)
    assert code == 6 and "wrong PIN" in errors and "98765" not in out + errors


def test_a_pin_is_asked_for_without_showing_it_and_only_on_a_terminal(run, monkeypatch):
    code, _, errors = run("unlock", PORT)
    assert code == 2 and "--pin-file" in errors
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(getpass, "getpass", lambda question: PIN)
    assert answer(run("unlock", PORT, "--json"))["locked"] is False
    assert run("unlock", PORT, PIN)[0] == 2


def test_what_is_no_text_at_the_prompt_is_wrong_usage_and_no_try(run, handset, monkeypatch):
    def typed(question):
        raise UnicodeDecodeError("utf-8", b"12\xff34", 2, 3, "invalid start byte")

    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(getpass, "getpass", typed)
    code, out, errors = run("unlock", PORT)
    assert code == 2 and "digits" in errors and "34" not in out + errors
    assert handset.keeper.tries == 0


def test_what_is_asked_before_a_wipe_is_not_in_the_answer(run, handset, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO(SERIAL + "\n"))
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    code, out, errors = run("wipe", PORT, "--json")
    assert (code, handset.keeper.wiped) == (0, 1), errors
    assert json.loads(out)["state"] and "serial number" in errors


def test_words_of_a_handset_are_no_commands_to_the_terminal(run, handset):
    handset.keeper.state = "\x1b]0;owned\x07\x1b[2J"
    handset.unlocked()
    code, out, errors = run("export", PORT, "-")
    assert code == 6 and "owned" in errors
    assert not {"\x1b", "\x07"} & set(out + errors)


def test_a_pin_file_that_is_no_text_is_wrong_usage_and_no_try(run, handset, pin_file):
    pin_file.write_bytes(b"\xff\xfe4711")
    for option in ("unlock", "pin"):
        code, out, errors = run(option, PORT, "--pin-file", pin_file)
        assert code == 2 and str(pin_file) in errors.replace("\n", "") and "UTF-8" in errors
        assert "4711" not in out + errors
    assert handset.keeper.tries == 0


def test_changing_the_pin(run, handset, pin_file, tmp_path):
    new = tmp_path / "new"
    new.write_text("5678\n")
    files = ("--pin-file", pin_file, "--new-pin-file", new)
    answer(run("pin", PORT, *files, "--json"))
    assert handset.keeper.pin == "5678"
    assert run("pin", PORT, *files)[0] == 6


def test_two_different_new_pins_change_nothing(run, handset, monkeypatch, pin_file):
    typed = iter(["5678", "8765"])
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(getpass, "getpass", lambda question: next(typed))
    code, _, errors = run("pin", PORT, "--pin-file", pin_file)
    assert code == 2 and "differ" in errors and handset.keeper.pin == PIN


def test_export_into_files(run, handset, tmp_path):
    for n in range(30):
        handset.store.put("form/%d" % n, b"text %d" % n)
    code, _, errors = run("export", PORT, tmp_path / "x.csv")
    assert code == 6 and "unlock" in errors
    assert not (tmp_path / "x.csv").exists()
    handset.unlocked()
    said = answer(run("export", PORT, tmp_path / "x.jsonl", "--json"))
    assert (said["records"], said["lost"]) == (30, 0)
    assert len((tmp_path / "x.jsonl").read_text().splitlines()) == 30
    assert "30 records" in run("export", PORT, tmp_path / "x.txt", "--format", "csv")[1]
    assert (tmp_path / "x.txt").read_text().startswith("source,")
    assert run("export", PORT, tmp_path / "y.txt")[0] == 2
    assert run("export", PORT, tmp_path / "no" / "y.csv")[0] == 2


def test_export_to_standard_output_and_lost_records(run, handset, tmp_path):
    handset.unlocked()
    handset.store.put("form", b"text")
    handset.store.damaged = {"form"}
    code, out, errors = run("export", PORT, "-")
    assert code == 0 and json.loads(out)["lost"] is True
    assert "lost to damage: 1" in errors
    handset.store.put("other", b"text")
    code, out, errors = run("export", PORT, "-", "--format", "gpx", "--json")
    assert code == 0 and out.endswith("</gpx>\n")
    assert "lost to damage: 1" in errors and "no positions: 1" in errors
    handset.store.append("calls", b"\xff")
    assert "not what a handset writes" in run("export", PORT, "-")[2]
    handset.store.damaged.clear()
    handset.store.journals.clear()
    assert run("export", PORT, "-")[2].strip() == ""
    handset.store.damaged = {"form"}
    assert "lost to damage: 1" in run("export", PORT, tmp_path / "x.csv")[1]


@pytest.mark.parametrize("command", [("status", "--json"), ("export", "-")])
def test_output_that_finds_no_room_is_an_error_and_no_traceback(run, handset, monkeypatch, command):
    handset.unlocked()
    handset.store.put("form", b"text")
    with open("/dev/full", "w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        code, _, errors = run(command[0], PORT, *command[1:])
        assert code == 2 and "no space left" in errors and "standard output" in errors


def test_an_export_is_utf_8_whatever_the_terminal_is(run, handset, monkeypatch, tmp_path):
    handset.unlocked()
    handset.store.put("form", "Łukasz".encode())
    with open(tmp_path / "out", "w", encoding="cp1252") as out:
        monkeypatch.setattr(sys, "stdout", out)
        assert run("export", PORT, "-")[0] == 0
    assert "Łukasz".encode() in (tmp_path / "out").read_bytes()


def test_verify_says_what_it_found_and_exits_by_it(run, handset):
    first = answer(run("verify", PORT, "--json"))
    assert (first["verdict"], first["last_look"]) == ("seen for the first time", None)
    assert first["dumped_flash"] == "not protected against a dumped flash"
    assert answer(run("verify", PORT, "--json"))["verdict"] == "as it was left"
    handset.store.report = Report(damage=[("altered", 3, 48)], tail="in doubt")
    code, out, errors = run("verify", PORT)
    assert code == 1 and "damaged in 1 places" in errors
    assert "altered" in out and "in doubt" in out
    handset.store.report = Report()
    handset.store.values.clear()
    for arguments in ((), ("--json",)):
        code, out, errors = run("verify", PORT, *arguments)
        assert code == 9 and "rolled back" in out and "rolled back" in errors
    assert run("verify", PORT, "--accept")[0] == 0
    assert run("verify", PORT)[0] == 0


def test_verify_names_the_innocent_causes_of_a_missing_number(run, handset):
    answer(run("verify", PORT, "--json"))
    handset.store.values.clear()
    code, _, errors = run("verify", PORT)
    assert code == 9 and "wiped on purpose" in errors and "8 other computers" in errors
    assert "damaged" not in errors
    handset.store.report = Report(damage=[("altered", 3, 48)])
    code, _, errors = run("verify", PORT)
    assert code == 9 and "damaged in 1 places" in errors


@pytest.mark.parametrize("state", ["closed", "foreign"])
def test_no_store_at_all_is_no_roll_back_and_is_not_accepted(run, handset, state):
    answer(run("verify", PORT, "--json"))
    handset.keeper.state = state
    for arguments in ((), ("--accept",)):
        code, _, errors = run("verify", PORT, *arguments)
        assert code == 1 and f"no store to be looked at: {state}" in errors
        assert "--accept" not in errors
    handset.keeper.state = "ready"
    assert run("verify", PORT)[0] == 0


def test_computers_are_forgotten_as_many_as_the_text_says(run, monkeypatch, tmp_path):
    def look_from(computer):
        monkeypatch.setenv("HANDSETCTL_STATE", str(tmp_path / computer))
        return run("verify", PORT)[0]

    assert look_from("first") == 0
    for number in range(7):
        assert look_from(f"other{number}") == 0
    assert look_from("first") == 0, "seven others leave it in"
    for number in range(8):
        look_from(f"new{number}")
    assert look_from("first") == 9


def test_a_look_that_could_not_be_kept_is_a_failed_one(run, handset):
    answer(run("verify", PORT, "--json"))
    handset.store.is_full = True
    for arguments in ((), ("--accept",), ("--json",)):
        code, out, errors = run("verify", PORT, *arguments)
        assert code == 1 and "could not be kept" in errors and "ake room" in errors
        assert ("nothing was accepted" in errors) == (arguments == ("--accept",))
    assert json.loads(out)["remembered"] is False
    handset.store.report = Report(damage=[("altered", 3, 48)])
    code, _, errors = run("verify", PORT)
    assert code == 1 and "damaged in 1 places" in errors and "could not be kept" in errors
    handset.store.report = Report()
    handset.store.is_full = False
    assert answer(run("verify", PORT, "--json"))["remembered"] is True


def test_a_full_store_that_went_back_can_not_be_accepted(run, handset):
    assert run("verify", PORT)[0] == 0
    handset.store.values.clear()
    handset.store.is_full = True
    assert run("verify", PORT)[0] == 9
    code, _, errors = run("verify", PORT, "--accept")
    assert code == 1 and "nothing was accepted" in errors
    assert run("verify", PORT)[0] == 9
    handset.store.is_full = False
    code, out, _ = run("verify", PORT, "--json")
    assert code == 9 and json.loads(out)["remembered"] is False, "kept there, not here"
    assert run("verify", PORT, "--accept")[0] == 0
    assert run("verify", PORT)[0] == 0


@pytest.mark.parametrize(
    ("fuses", "said"), [(True, "protected"), (False, "not protected against a dumped flash")]
)
def test_what_the_fuses_say_is_what_is_told(run, handset, real, fuses, said):
    """From the custody of the firmware's own keeper to the command line."""
    real.boot(is_protected=fuses)
    handset.serve(real.store, real.keeper, JOURNALS)
    assert answer(run("verify", PORT, "--json"))["dumped_flash"] == said
    assert answer(run("status", PORT, "--json"))["protected"] == said
    assert said in run("verify", PORT)[1]


def test_stats_and_the_page(run, tmp_path):
    page = tmp_path / "flash.html"
    said = answer(run("stats", PORT, "--page", page, "--json"))
    assert said["capacity_bytes"] == 3 * 4096 and len(said["flash"]) == 4
    assert "</html>" in page.read_text() and SERIAL in page.read_text()
    out = run("stats", PORT)[1]
    assert "clean" in out and "erase_count_max" in out
    assert run("stats", PORT, "--page", tmp_path / "no" / "x.html")[0] == 2


def test_no_page_is_left_where_there_was_nothing_to_draw(run, handset, tmp_path):
    page = tmp_path / "flash.html"
    handset.is_dumb = True
    assert run("stats", PORT, "--page", page)[0] == 4 and not page.exists()
    page.write_text("the last one")
    assert run("stats", PORT, "--page", page)[0] == 4 and page.read_text() == "the last one"


def test_wipe_only_with_the_serial_number(run, handset):
    assert run("verify", PORT)[0] == 0
    for arguments in ((), ("--confirm", "SIM-0002")):
        assert run("wipe", PORT, *arguments)[0] == 2
    assert handset.keeper.wiped == 0
    answer(run("wipe", PORT, "--confirm", SERIAL, "--json"))
    assert handset.keeper.wiped == 1
    assert answer(run("verify", PORT, "--json"))["verdict"] == "seen for the first time"


def test_settings_are_shown_and_changed(run, handset, real, pin_file):
    handset.serve(real.store, real.keeper, JOURNALS)
    before = answer(run("settings", PORT, "--json"))
    assert (before["tries_max"], before["lock_after_ms"]) == (10, 300_000)
    assert before["keep_days"]["positions"] == 61 and before["later"] == ""
    options = ("--tries-max", 5, "--lock-after", 120, "--keep", "positions=30", "--keep=calls=90")
    after = answer(run("settings", PORT, *options, "--json"))
    assert (after["tries_max"], after["lock_after_ms"], after["check_ms"]) == (5, 120_000, 1)
    days = {**before["keep_days"], "positions": 30, "calls": 90}
    assert after["keep_days"] == days and "next day" in after["later"]
    out = run("settings", PORT, "--keep", "calls=7")[1]
    assert "calls: 7" in out and "next day" in out
    assert "not at once" not in run("settings", PORT, "--tries-max", 4)[1]


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (("--tries-max", 2), 6, "3 to 1000"),
        (("--tries-max", -1), 2, "tries-max"),
        (("--check-ms", 99), 6, "100 to 5000"),
        (("--check-ms", 5001), 6, "100 to 5000"),
        (("--lock-after", 86_401), 2, "lock-after"),
        (("--tries-max", 10**20), 2, "tries-max"),
        (("--keep", "calls=2"), 6, "3 to 600"),
        (("--keep", "calls=601"), 6, "3 to 600"),
        (("--keep", "diary=30"), 6, "alarms, calls, consent, messages, positions"),
        (("--keep", "calls"), 2, "JOURNAL=DAYS"),
        (("--keep", "=3"), 2, "JOURNAL=DAYS"),
        (("--keep", "calls=" + "9" * 5000), 2, "JOURNAL=DAYS"),
        (("--keep", "calls=x"), 2, "JOURNAL=DAYS"),
    ],
)
def test_settings_outside_their_limits_change_nothing(run, handset, real, options, code, said):
    handset.serve(real.store, real.keeper, JOURNALS)
    before = answer(run("settings", PORT, "--json"))
    ended, _, errors = run("settings", PORT, "--keep", "alarms=9", "--lock-after", 1, *options)
    assert ended == code and said in errors
    assert answer(run("settings", PORT, "--json")) == before


@pytest.mark.parametrize(
    "command",
    ["", "status", "export", "verify", "stats", "unlock", "lock", "pin", "wipe", "settings"],
)
def test_help_has_an_example(run, command):
    code, out, _ = run(*filter(None, [command]), "--help")
    assert code == 0 and "Example" in out
    assert command in ("", "status") or f"handsetctl store {command}" in " ".join(out.split())
