"""A web server with a temper, and archives for it to serve."""

from __future__ import annotations

import hashlib
import io
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tools.third_party import Project, Source


class Server:
    """Serves `files` by path; `cut[path]` ends the connection after so many bytes."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.cut: dict[str, int] = {}
        self.asked: list[str] = []
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,))
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}"

    def close(self) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.asked.append(self.path)
                content = server.files.get(self.path)
                if content is None:
                    self.send_error(404)
                    return
                self.send_response(200)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content[: server.cut.get(self.path, len(content))])

            def log_message(self, *arguments: object) -> None:
                """Quiet."""

        return Handler


def tarball(members: dict[str, bytes | tarfile.TarInfo], mode: str = "w:gz") -> bytes:
    """A tar archive of files (bytes) and of hand-made members."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as tar:  # type: ignore[call-overload]
        for name, content in members.items():
            info = content if isinstance(content, tarfile.TarInfo) else tarfile.TarInfo(name)
            data = b"" if isinstance(content, tarfile.TarInfo) else content
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def deb(data_tar: bytes, name: str = "data.tar.xz") -> bytes:
    """A Debian package around a data archive."""
    parts = {"debian-binary": b"2.0\n", "control.tar.xz": b"odd", name: data_tar}
    package = b"!<arch>\n"
    for member, content in parts.items():
        package += (
            f"{member + '/':<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(content):<10}`\n".encode()
        )
        package += content + b"\n" * (len(content) % 2)
    return package


GOOD = tarball({"thing-1.0/README": b"hello\n", "thing-1.0/src/a.c": b"int a;\n"})


def project(*sources: Source) -> Project:
    return Project("thing", "1.0", "MIT", "to test with", 1, sources)


def source(content: bytes, pool: str | None = None, urls: tuple[str, ...] = ()) -> Source:
    return Source(hashlib.sha256(content).hexdigest(), pool, urls)
