"""Development builds: mpremote and `handsetctl dev` work on them; releases have no prompt."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import termios
import time
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest
import serial

from handsetctl.bench.client import BenchClient
from handsetctl.bench.virtual_bench import VirtualBench
from handsetctl.dev import prompt as prompt_module
from handsetctl.dev.prompt import Prompt
from handsetctl.dev.workbench import Workbench
from handsetctl.device import Device
from tools import elf_symbols

ROOT = Path(__file__).resolve().parents[2]
FIRMWARE = ROOT / "build" / "qemu_rv32"
HANDSETCTL = Path(sys.executable).with_name("handsetctl")
MPREMOTE = (sys.executable, "-m", "mpremote", "connect")
READY_TIMEOUT_S = 20.0
BANNER = "PTT handset"
"""What the application says first."""

# What makes a prompt; what loads programs; what a development build has on top.
PROMPT_SYMBOLS = {"mp_compile", "mp_parse", "pyexec_friendly_repl", "pyexec_raw_repl", "readline"}
LOADING_SYMBOLS = {"mp_vfs_mount", "mp_raw_code_load", "mp_sched_keyboard_interrupt"}
DEVELOPMENT_MODULES = (b"working_tree", b"tree_digests", b"FilesPartition")


class Workplace:
    """A virtual handset with the development build, and the commands that work on it."""

    def __init__(self, state: Path) -> None:
        self.bench = BenchClient(state)
        self.frozen = ""
        """Which firmware it runs when nothing of a tree is on it."""
        self._environment = {
            **os.environ,
            "HANDSETCTL_STATE": str(state),
            "NO_COLOR": "1",
            "COLUMNS": "100",
        }

    @property
    def port(self) -> str:
        return self.bench.port("A")

    def ctl(self, *arguments: str | Path, code: int = 0) -> str:
        """`handsetctl`, which must end with this code; returns what it says."""
        return self._run([str(HANDSETCTL), *map(str, arguments)], code)

    def mpremote(self, url: str, *arguments: str | Path) -> str:
        """Stock mpremote on a port; returns what it says."""
        return self._run([*MPREMOTE, url, *map(str, arguments)], 0)

    @contextlib.contextmanager
    def person(self, *arguments: str, **streams: int) -> Iterator[subprocess.Popen[str]]:
        """`handsetctl` at somebody's terminal; gone at the end, whatever happens."""
        command = [str(HANDSETCTL), *arguments]
        with subprocess.Popen(command, text=True, env=self._environment, **streams) as process:
            try:
                yield process
            finally:
                process.kill()

    def ask(self) -> str:
        """Which firmware the handset says it runs, as soon as it answers."""
        with Device.open(self.port) as device:
            device.wait_ready(READY_TIMEOUT_S)
            return device.identity().firmware

    def restart(self) -> str:
        """By a reset line; returns what runs then."""
        self.bench.reset("A")
        return self.ask()

    def _run(self, command: list[str], code: int) -> str:
        done = subprocess.run(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            env=self._environment,
            check=False,
        )
        assert done.returncode == code, done.stdout
        return done.stdout


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workplace]:
    place = Workplace(tmp_path_factory.mktemp("development"))
    place.ctl("sim", "start", "--names", "A", "--board", "qemu_rv32", "--dev")
    place.frozen = place.ask()
    with Prompt(place.port) as prompt:
        stale = Workbench(prompt, ROOT).changed()
    assert stale == [], "build what is to be tested: make firmware BOARD=qemu_rv32"
    yield place
    place.ctl("sim", "stop")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of this checkout's firmware in which the handset says that it is "ours"."""
    root = tmp_path / "checkout"
    for folder in ("firmware", "boards"):
        shutil.copytree(ROOT / folder, root / folder)
    greet(root, "ours")
    return root


def greet(tree: Path, name: str) -> None:
    """Change what the handset says its firmware is; and a package that the firmware lacks."""
    package = tree / "firmware" / "handset" / "greeting"
    package.mkdir(exist_ok=True)
    (package / "__init__.py").write_text("")
    (package / "words.py").write_text(f"NAME = {name!r}\n")
    facts = tree / "firmware" / "handset" / "facts.py"
    facts.write_text(
        (ROOT / "firmware" / "handset" / "facts.py").read_text()
        + "\n\nfrom handset.greeting.words import NAME\n\n\ndef firmware():\n    return NAME\n"
    )


# --- releases -------------------------------------------------------------------------------------


def test_a_release_gives_no_prompt_and_goes_on(bench: VirtualBench) -> None:
    """Whatever bytes stop a program or ask for a prompt elsewhere are noise to a release."""
    handset = bench["A"]
    boots, said = handset.boots, []
    with serial.Serial(handset.port, timeout=1) as port:
        port.write(b"\r\x03\x03\r\n\x02\r\x01\x05A\x01print(6*7)\x04\x04\r\nprint(6*7)\r\n")
    with Device.open(handset.port) as device:
        device.on_text(said.append)
        assert device.echo("here") == "here"
        assert device.statistics("link")["noise_bytes"] > 0, "the bytes did not arrive"
        device.listen(0.2)
    assert [
        line for line in said if re.search(r">>>|raw REPL|MicroPython v|Interrupt|42", line)
    ] == []
    assert (handset.state, handset.boots) == ("on", boots)


def test_no_release_contains_what_makes_a_prompt() -> None:
    release = (FIRMWARE / "handset.elf").read_bytes()
    development = (FIRMWARE / "handset-dev.elf").read_bytes()
    wanted = PROMPT_SYMBOLS | LOADING_SYMBOLS
    assert elf_symbols.defined(development) >= wanted, "upstream calls them something else now"
    assert elf_symbols.defined(release) & wanted == set()
    assert all(name in development for name in DEVELOPMENT_MODULES)
    assert not any(name in release for name in DEVELOPMENT_MODULES)


def test_who_asks_a_release_for_a_prompt_is_told_why_there_is_none(
    bench: VirtualBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prompt_module, "_ATTEMPTS", 1)
    monkeypatch.setattr(prompt_module, "_ATTEMPT_S", 0.5)
    with pytest.raises(prompt_module.DeviceTimeout, match="releases have none"):
        Prompt(bench["A"].port)


# --- stock mpremote -------------------------------------------------------------------------------


def test_mpremote_executes(place: Workplace) -> None:
    assert place.mpremote(place.port, "exec", "print(6 * 7)").split() == ["42"]


def test_mpremote_over_a_socket(place: Workplace, tmp_path: Path) -> None:
    (tmp_path / "answer.py").write_text("print('from', __name__, 6 * 7)\n")
    with place.person("dev", "serve", "A", "--tcp", "0", stdout=subprocess.PIPE) as server:
        url = found(r"socket://[0-9.]+:[0-9]+", server)
        assert place.mpremote(url, "exec", "print(6 * 7)").split() == ["42"]
        assert place.mpremote(url, "run", tmp_path / "answer.py").split() == [
            "from",
            "__main__",
            "42",
        ]
        server.send_signal(signal.SIGINT)
        assert server.wait(10) == 130


def found(pattern: str, process: subprocess.Popen[str]) -> str:
    """What matches in the lines that a process prints."""
    assert process.stdout is not None
    for line in process.stdout:
        if match := re.search(pattern, line):
            return match[0]
    raise AssertionError(f"it ended without {pattern}")


def test_files_outlive_a_reset(place: Workplace, tmp_path: Path) -> None:
    """Every byte there is, over a pseudo terminal and through littlefs; `mpremote reset` works."""
    content = bytes(range(256)) * 9
    (tmp_path / "all.bin").write_bytes(content)
    since = place.bench.now_s()
    place.mpremote(place.port, "cp", tmp_path / "all.bin", ":kept.bin", "+", "reset")
    place.bench.wait_output("A", "ready", "1", READY_TIMEOUT_S, since)
    place.mpremote(place.port, "cp", ":kept.bin", tmp_path / "back.bin", "+", "rm", ":kept.bin")
    assert (tmp_path / "back.bin").read_bytes() == content
    assert "kept.bin" not in place.mpremote(place.port, "ls")


def test_a_mounted_folder_comes_before_frozen_modules(place: Workplace, tmp_path: Path) -> None:
    (tmp_path / "build_info.py").write_text("VERSION = 'mounted'\n")
    said = place.mpremote(
        place.port, "mount", tmp_path, "exec", "import build_info; print(build_info.VERSION)"
    )
    assert said.splitlines()[-1] == "mounted"


def test_a_prompt_for_people(place: Workplace) -> None:
    """Ctrl-C stops the application, Ctrl-D starts it again, Ctrl-] leaves."""
    place.restart()
    screen, terminal = pty.openpty()
    streams = {"stdin": terminal, "stdout": terminal, "stderr": terminal}
    with place.person("dev", "repl", "A", **streams) as person:
        assert "Ctrl-C stops" in wait_for(screen, "to exit this shell")
        tty_is_raw(terminal)
        os.write(screen, b"\x03")
        wait_for(screen, ">>> ")
        os.write(screen, b"print(6 * 7)\r")
        wait_for(screen, "\n42\r\n>>> ")
        os.write(screen, b"\x04")
        assert "soft reboot" in wait_for(screen, BANNER)
        os.write(screen, b"\x1d")
        assert person.wait(10) == 0
    os.close(terminal)
    os.close(screen)
    assert place.ask()


def tty_is_raw(terminal: int) -> None:
    """Wait until a program takes keys, and not lines, from a terminal."""
    deadline_s = time.monotonic() + READY_TIMEOUT_S
    while termios.tcgetattr(terminal)[tty.LFLAG] & termios.ICANON:
        assert time.monotonic() < deadline_s
        os.sched_yield()


def wait_for(screen: int, text: str) -> str:
    """What a terminal shows until this text."""
    seen, deadline_s = "", time.monotonic() + READY_TIMEOUT_S
    while text not in seen:
        left_s = deadline_s - time.monotonic()
        assert left_s > 0 and select.select([screen], [], [], left_s)[0], f"only {seen!r}"
        seen += os.read(screen, 4096).decode()
    return seen


# --- handsetctl dev -------------------------------------------------------------------------------


def test_run_starts_the_application_of_the_tree(place: Workplace, tree: Path) -> None:
    said = place.ctl("dev", "run", "A", "--from", tree, "--detach")
    loaded = "handset.greeting.__init__, handset.greeting.words, handset.facts"
    assert f"from {tree}: {loaded}\n" in said
    assert place.ask() == "ours"
    assert place.restart() == place.frozen


def test_run_prints_until_it_is_stopped(place: Workplace, tree: Path) -> None:
    main = tree / "firmware" / "handset" / "main.py"
    main.write_text(f"print('the main of', 'the tree')\n{main.read_text()}")
    with place.person("dev", "run", "A", "--from", str(tree), stdout=subprocess.PIPE) as person:
        found("handset.greeting.words", person)
        found("^the main of the tree$", person)
        found(f"^{BANNER} ours", person)
        person.send_signal(signal.SIGINT)
        assert person.wait(20) == 0
    assert place.ask() == place.frozen


def test_run_tells_what_is_wrong_with_a_tree(place: Workplace, tree: Path) -> None:
    words = tree / "firmware" / "handset" / "greeting" / "words.py"
    words.write_text("NAME = 1 / 0\n")
    said = place.ctl("dev", "run", "A", "--from", tree, code=1)
    assert "handset/greeting/words.py" in said and "ZeroDivisionError" in said
    assert place.ask() == place.frozen


def test_what_is_pushed_stays_until_it_is_removed(place: Workplace, tree: Path) -> None:
    assert len(pushed(place, tree)["sent"]) == 3
    assert place.ask() == place.restart() == "ours"
    greet(tree, "ours, too")
    again = pushed(place, tree)
    assert again == {
        "sent": ["handset.greeting.words"],
        "kept": ["handset.greeting.__init__", "handset.facts"],
    }
    assert place.ask() == "ours, too"
    assert pushed(place, ROOT) == {"sent": [], "kept": []}
    assert place.ask() == place.frozen


def pushed(place: Workplace, tree: Path) -> dict[str, list[str]]:
    result: dict[str, list[str]] = json.loads(
        place.ctl("dev", "push", "A", "--from", tree, "--json")
    )
    return result


def test_what_was_pushed_to_another_firmware_does_not_count(place: Workplace, tree: Path) -> None:
    pushed(place, tree)
    place.mpremote(place.port, "exec", SPOIL_BUILD)
    assert place.restart() == place.frozen
    assert pushed(place, tree)["sent"] == [], "the modules themselves are still good"
    assert place.restart() == "ours"
    assert json.loads(place.ctl("dev", "push", "A", "--remove", "--json")) == {"removed": 3}
    assert place.ask() == place.frozen
    assert "tree" not in place.mpremote(place.port, "ls")


SPOIL_BUILD = """
with open("/tree/modules", "r+") as file:
    file.write("other")
"""


def test_a_board_without_development_build_says_so(place: Workplace) -> None:
    said = place.ctl("sim", "start", "--board", "sim", "--dev", code=7)
    assert "no development build" in said and "qemu_rv32" in said


def test_soft_resets_in_a_row_leave_nothing_behind(
    place: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hundred, every other one while the application runs: the heap is as before, voice opens."""
    monkeypatch.setattr(prompt_module, "_ATTEMPTS", 1)  # the first Ctrl-C always gets the prompt
    place.restart()
    port, boots = place.port, place.bench.list()[0].boots
    heap_free = []
    for _ in range(50):
        with Prompt(port) as prompt:
            heap_free.append(int(prompt.run(OPEN_VOICE)))
        with Device.open(port) as device:
            device.wait_ready(READY_TIMEOUT_S)
    assert len(set(heap_free[1:])) == 1
    assert place.bench.list()[0].boots == boots


OPEN_VOICE = """
import gc
from board import make_board
make_board().audio.open()
gc.collect()
print(gc.mem_free())
"""
