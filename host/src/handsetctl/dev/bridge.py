"""A serial port over TCP, for tools on another machine or in a container."""

from __future__ import annotations

import contextlib
import selectors
import socket
from collections.abc import Callable

import serial

from handsetctl.errors import BenchError, DeviceGone
from handsetctl.transport import SerialTransport

_READ_BYTES = 4096


class Bridge:
    """Listens on the loopback device; one client at a time has the port."""

    def __init__(self, path: str, tcp_port: int) -> None:
        """``path``: a serial port of this machine; ``tcp_port``: 0 for a free one.

        DeviceNotFound, PortBusy; BenchError when the TCP port is taken.
        """
        SerialTransport(path).close()  # a wrong port shows now, not with the first client
        self._path = path
        try:
            self._listener = socket.create_server(("127.0.0.1", tcp_port))
        except OSError as error:
            raise BenchError(
                f"no TCP port: {error.strerror}", f"port {tcp_port}", "name another one"
            ) from error

    @property
    def url(self) -> str:
        """What clients connect to."""
        return f"socket://127.0.0.1:{self._listener.getsockname()[1]}"

    def close(self) -> None:
        """Let go of the TCP port."""
        self._listener.close()

    def serve(self, on_client: Callable[[str], None]) -> None:
        """Serve clients, one after the other, for ever; DeviceGone when the port vanishes."""
        while True:
            self.serve_one(on_client)

    def serve_one(self, on_client: Callable[[str], None]) -> None:
        """Serve the next client until it leaves."""
        client, _ = self._listener.accept()
        with client, contextlib.suppress(ConnectionError):
            on_client("connected")
            try:
                self._join(client)
            except serial.SerialException as error:
                raise DeviceGone(
                    f"the port vanished: {error}", self._path, "check cable and power"
                ) from error
        on_client("disconnected")

    def _join(self, client: socket.socket) -> None:
        """Carry bytes both ways until the client leaves."""
        with (
            serial.Serial(self._path, 115200, timeout=0, exclusive=True) as port,
            selectors.DefaultSelector() as ready,
        ):
            ready.register(client, selectors.EVENT_READ)
            ready.register(port, selectors.EVENT_READ)
            while True:
                for key, _ in ready.select():
                    if key.fileobj is port:
                        client.sendall(port.read(_READ_BYTES))
                    elif data := client.recv(_READ_BYTES):
                        port.write(data)
                    else:
                        return
