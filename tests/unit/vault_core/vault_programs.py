"""The test programs of the vault's core: where they are, how they are built and run."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from tools import files

ROOT = Path(__file__).resolve().parents[3]
HERE = Path(__file__).resolve().parent
THIRD_PARTY = ROOT / "build" / "third_party"
OUT = ROOT / "build" / "vault_core_asan"

_SANITIZER_OPTIONS = {
    "ASAN_OPTIONS": "detect_leaks=1:detect_stack_use_after_return=1",
    "UBSAN_OPTIONS": "print_stacktrace=1",
}


def cases() -> list[str]:
    """Names of the cases of the program `rng`, from its source text."""
    source = (HERE / "programs" / "cases_rng.c").read_text()
    return re.findall(r"^CASE\((\w+)\)", source, re.MULTILINE)


def build() -> Path:
    """Build whatever changed and return the folder of the programs."""
    command = ["make", "-s", "-j2", "-f", str(HERE / "Makefile"), f"ROOT={ROOT}"]
    command += [f"THIRD_PARTY={THIRD_PARTY}", f"OUT={OUT}"]
    # A make above us may have left its job server's handles in the environment.
    env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    # Several processes may come for it at the same time.
    with files.exclusive(OUT):
        built = subprocess.run(command, env=env, capture_output=True, text=True, timeout=600)
    assert built.returncode == 0, (built.stdout + built.stderr)[-3000:]
    return OUT


def run_case(program: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a case of the program `rng` (without one, it lists its cases)."""
    return subprocess.run(
        [str(program), *arguments],
        env={**os.environ, **_SANITIZER_OPTIONS},
        capture_output=True,
        text=True,
        timeout=60,
    )


class Oracle:
    """The core, asked one question after another (programs/oracle.c)."""

    def __init__(self, program: Path) -> None:
        self._process = subprocess.Popen(
            [str(program)],
            env={**os.environ, **_SANITIZER_OPTIONS},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def ask(self, question: str, *words: bytes | int) -> list[str]:
        """The words of the answer; fails with the sanitizer's report."""
        texts = [word.hex() or "-" if isinstance(word, bytes) else str(word) for word in words]
        assert self._process.stdin and self._process.stdout and self._process.stderr
        self._process.stdin.write(" ".join([question, *texts]) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, self._process.stderr.read()
        return answer.split()

    def bytes(self, question: str, *words: bytes | int) -> bytes:
        """An answer of one word in hexadecimal."""
        (word,) = self.ask(question, *words)
        return unhex(word)

    def seal(self, key: bytes, nonce: bytes, aad: bytes, text: bytes) -> bytes:
        """Cipher text and tag."""
        return b"".join(unhex(word) for word in self.ask("seal", key, nonce, aad, text))

    def open(self, key: bytes, nonce: bytes, aad: bytes, sealed: bytes) -> tuple[bool, bytes]:
        """Whether it is authentic, and what is left in the buffer."""
        verdict, text = self.ask("open", key, nonce, aad, sealed[:-16], sealed[-16:])
        assert verdict in ("authentic", "forged")
        return verdict == "authentic", unhex(text)

    def close(self) -> None:
        """Let the program end, and hear what the leak sanitizer has to say."""
        _, errors = self._process.communicate(timeout=60)
        assert (self._process.returncode, errors) == (0, "")


def unhex(word: str) -> bytes:
    """Bytes of a word of an answer."""
    return b"" if word == "-" else bytes.fromhex(word)
