"""Run one build step: a short line while it works, its time when it is done, its log when it fails.

python3 -m tools.step NAME "what it makes" LOG_DIR -- COMMAND...
"""

import subprocess
import sys
import time
from pathlib import Path

_TAIL_LINES = 40
_SHOW_AFTER_S = 2.0


def run_step(
    name: str,
    what: str,
    log_path: Path,
    command: list[str],
    env: dict[str, str] | None = None,
    cwd: Path | None = None,
) -> int:
    """Run `command` with its output in `log_path`; returns its exit code."""
    log_path.parent.mkdir(parents=True, exist_ok=True)
    start = time.monotonic()
    with log_path.open("w", encoding="utf-8", errors="replace") as log:
        process = subprocess.Popen(
            command,
            env=env,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        assert process.stdout is not None
        for line in process.stdout:
            log.write(line)
            _show(f"  {name:<9} {what} ... {line.strip()}", start)
        code = process.wait()
    _clear()
    elapsed_s = time.monotonic() - start
    print(f"  {name:<9} {what:<52} {elapsed_s:6.1f} s", flush=True)
    if code:
        tail = log_path.read_text(encoding="utf-8", errors="replace").splitlines()[-_TAIL_LINES:]
        print("\n".join(tail), file=sys.stderr)
        print(f"error: {what} failed (exit code {code}); all of it: {log_path}", file=sys.stderr)
    return code


def _show(text: str, start: float) -> None:
    if sys.stdout.isatty() and time.monotonic() - start > _SHOW_AFTER_S:
        sys.stdout.write(f"\r{text[:78]:<78}")
        sys.stdout.flush()


def _clear() -> None:
    if sys.stdout.isatty():
        sys.stdout.write("\r" + " " * 78 + "\r")


def main(argv: list[str]) -> int:
    """Exit code of the command that was run."""
    name, what, log_dir, dashes, *command = argv
    assert dashes == "--", "usage: see the head of this file"
    try:
        return run_step(name, what, Path(log_dir) / f"{name}.log", command)
    except FileNotFoundError as error:
        print(f"error: {error.filename} is not installed", file=sys.stderr)
        return 127


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
