"""A minimal RFC 2217 server in front of a serial port, made of pyserial's own parts."""

import contextlib
import select
import socket
import threading

import serial
import serial.rfc2217


class Rfc2217Bridge:
    """Serves one client at `url` until left."""

    def __init__(self, port):
        self._serial = serial.Serial(port, timeout=0)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"rfc2217://127.0.0.1:{self._listener.getsockname()[1]}"
        self._left = socket.socketpair()
        self._thread = threading.Thread(target=self._serve)

    def write(self, data):
        """For the port manager: bytes of its own to the client."""
        self._client.sendall(data)

    def _serve(self):
        if not self._ready(self._listener):
            return
        self._client, _ = self._listener.accept()
        # A pty has no modem lines to report.
        manager = serial.rfc2217.PortManager(_Quiet(self._serial), self)
        with self._client, contextlib.suppress(ConnectionError):  # the client may leave any time
            while ready := self._ready(self._client, self._serial):
                if self._client in ready:
                    data = self._client.recv(4096)
                    if not data:
                        return
                    self._serial.write(b"".join(manager.filter(data)))
                if self._serial in ready:
                    self._client.sendall(b"".join(manager.escape(self._serial.read(4096))))

    def _ready(self, *sources):
        """Those of `sources` that can be read; nothing once the bridge is left."""
        ready, _, _ = select.select([*sources, self._left[0]], [], [])
        return [] if self._left[0] in ready else ready

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *exc_info):
        self._left[1].close()
        self._thread.join()
        self._left[0].close()
        self._listener.close()
        self._serial.close()


class _Quiet:
    """The serial port with modem lines that are always down."""

    cts = dsr = ri = cd = False

    def __init__(self, port):
        self.__dict__["_port"] = port

    def __getattr__(self, name):
        return getattr(self._port, name)

    def __setattr__(self, name, value):
        if name not in ("dtr", "rts"):
            setattr(self._port, name, value)
