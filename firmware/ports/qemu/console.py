"""Console contract on QEMU: the machine's 16550 UART."""

import virt

from ports.virtual import waiting


class Console:
    async def read(self, buf: bytearray) -> int:
        n_bytes = virt.console.read(buf)
        while n_bytes == 0:
            await waiting.readable(virt.console)
            n_bytes = virt.console.read(buf)
        return n_bytes

    def write(self, buf: bytes, offset: int, n_bytes: int) -> int:
        return virt.console.write(buf, offset, n_bytes)

    async def writable(self) -> None:
        await waiting.writable(virt.console)
