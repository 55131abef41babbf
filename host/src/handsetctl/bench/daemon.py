"""The process behind ``handsetctl sim``: holds a virtual bench and obeys clients.

Started by ``handsetctl.bench.client.start`` as ``python -m handsetctl.bench.daemon``. It
writes one JSON line on standard output when the handsets are ready (or why they are not), and
serves JSON lines on a UNIX socket in the state directory until told to stop. A lock on
``sim.lock`` there, held as long as it lives, is what says that a bench is running.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import signal
import socket
import sys
import threading
from pathlib import Path
from typing import Any

from handsetctl.bench.commands import Commands, error_as_json
from handsetctl.bench.endpoint import SOCKET_NAME, socket_address
from handsetctl.bench.places import DEFAULT_BOARD
from handsetctl.bench.virtual_bench import VirtualBench
from handsetctl.errors import BenchError

LOCK_NAME = "sim.lock"
_CHECK_PERIOD_S = 2.0


class Server:
    """Answers clients: a thread a connection, one JSON object a line each way."""

    def __init__(self, listener: socket.socket, commands: Commands) -> None:
        self._listener = listener
        self._commands = commands
        threading.Thread(target=self._accept, name="accept", daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return  # the listener is closed: the bench ends
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rwb") as stream:
            try:
                for line in stream:
                    stream.write(json.dumps(self._answer(line)).encode() + b"\n")
                    stream.flush()
            except (BrokenPipeError, ConnectionResetError):
                pass  # the client left

    def _answer(self, line: bytes) -> dict[str, Any]:
        try:
            request = json.loads(line)
            return {"ok": True, "result": self._commands.run(request["do"], request["args"])}
        except BenchError as error:
            return {"ok": False, "error": error_as_json(error)}
        except (ValueError, KeyError, TypeError) as error:
            fault = BenchError(f"not a request: {error!r}", "the bench", "use BenchClient")
            return {"ok": False, "error": error_as_json(fault)}


def take_lock(state_dir: Path) -> int | None:
    """Lock the state directory for the life of this process; None if another bench has it."""
    fd = os.open(state_dir / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(fd)
        return None
    os.ftruncate(fd, 0)
    os.write(fd, f"{os.getpid()}\n".encode())
    return fd


def _lock_is_there(fd: int, state_dir: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(fd), (state_dir / LOCK_NAME).stat())
    except FileNotFoundError:
        return False


def _listen(state_dir: Path) -> socket.socket:
    """The UNIX socket, in place of one that a bench which was killed left behind."""
    (state_dir / SOCKET_NAME).unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    with socket_address(state_dir) as address:
        listener.bind(address)
    listener.listen()
    return listener


def _serve(bench: VirtualBench, state_dir: Path, lock_fd: int) -> None:
    """Obey clients until told to stop, or until the state directory is gone."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    listener = _listen(state_dir)
    Server(listener, Commands(bench, stop.set))
    _report({"ready": True})
    while not stop.wait(_CHECK_PERIOD_S):
        if not _lock_is_there(lock_fd, state_dir):
            break
    (state_dir / SOCKET_NAME).unlink(missing_ok=True)
    listener.close()


def _report(line: dict[str, Any]) -> None:
    """Tell the starter how it went, once; from then on standard output leads nowhere."""
    os.write(1, json.dumps(line).encode() + b"\n")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m handsetctl.bench.daemon", description=__doc__)
    parser.add_argument("--state", type=Path, required=True, help="state directory")
    parser.add_argument("--names", required=True, help="names of the handsets, by commas")
    parser.add_argument("--board", default=DEFAULT_BOARD, help="what the handsets are")
    parser.add_argument("--binary", type=Path, help="the firmware (default: this checkout's)")
    parser.add_argument("--seed", type=int, default=1, help="of the air's randomness")
    parser.add_argument("--timeout", type=float, default=20.0, help="seconds to become ready")
    parser.add_argument("--flash-bytes", type=int, help="size of the flash images")
    parser.add_argument("command", nargs="*", help="in place of the firmware")
    return parser.parse_args()


def _main() -> None:
    arguments = _parse_arguments()
    lock_fd = take_lock(arguments.state)
    if lock_fd is None:
        _report({"running": True})
        return
    try:
        with VirtualBench(
            arguments.state,
            arguments.names.split(","),
            board=arguments.board,
            binary=arguments.binary,
            flash_bytes=arguments.flash_bytes,
            command=arguments.command or None,
            seed=arguments.seed,
        ) as bench:
            bench.wait_ready(arguments.timeout)
            _serve(bench, arguments.state, lock_fd)
    except BenchError as error:
        _report({"error": error_as_json(error)})
    finally:
        os.close(lock_fd)


if __name__ == "__main__":
    _main()
    # Threads that still wait for a client or an edge must not keep the process.
    sys.stderr.flush()
    os._exit(0)
