"""Console contract on the unix port: the master side of the bench's pty, on fd 0 and 1."""

import simfd

from ports.virtual import waiting

_STDIN = 0
_STDOUT = 1


class Console:
    def __init__(self) -> None:
        simfd.nonblock(_STDIN)
        simfd.nonblock(_STDOUT)

    async def read(self, buf: bytearray) -> int:
        n_bytes = simfd.read(_STDIN, buf)
        while n_bytes <= 0:
            await waiting.readable(_STDIN)
            n_bytes = simfd.read(_STDIN, buf)
        return n_bytes

    def write(self, buf: bytes, offset: int, n_bytes: int) -> int:
        n_written = simfd.write(_STDOUT, buf, offset, n_bytes)
        return n_written if n_written > 0 else 0

    async def writable(self) -> None:
        await waiting.writable(_STDOUT)
