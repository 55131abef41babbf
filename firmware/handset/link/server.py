"""SMP server: one request message in, one response message out.

Header (8 bytes): `op | version << 3`, flags, length (2, big-endian), group (2), sequence,
command; then a CBOR map. General errors are `{"rc": code}` in both protocol versions. An error
that belongs to a group is `{"err": {"group": g, "rc": n}}` in version 2 and becomes its general
code in version 1. That is how Zephyr's server answers, and what stock clients parse.
"""

import struct

from handset.link import cbor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

READ = 0
WRITE = 2
_VERSION_MAX = 1  # on the wire: 0 is SMP version 1, 1 is version 2
HEADER_BYTES = 8

# General error codes (MGMT_ERR_*).
EUNKNOWN = 1
ENOMEM = 2
EINVAL = 3
ETIMEOUT = 4
ENOENT = 5
EBADSTATE = 6
EMSGSIZE = 7
ENOTSUP = 8
ECORRUPT = 9
EBUSY = 10
EACCESSDENIED = 11
_TOO_NEW = 13

_DEFAULT_MESSAGE_BYTES = 2048


class CommandError(Exception):
    """A handler refuses a request with general code `rc`; `reason` is for people.

    With `group_rc`, version 2 clients see that code of the handler's own group instead.
    """

    def __init__(self, rc: int, reason: str = "", group_rc: int = 0) -> None:
        super().__init__(rc, reason)
        self.rc = rc
        self.reason = reason
        self.group_rc = group_rc


def _no_report(text: str) -> None:
    pass


class Server:
    """Dispatches requests to handlers: `handler(request_map) -> response_map`.

    `message_bytes_max` limits request and response alike, header included. `report(text)` is
    told about handlers that fail with anything but CommandError, which is a defect.
    """

    COUNTERS = ("requests", "responses", "refused", "bad_messages", "handler_faults")

    def __init__(
        self,
        message_bytes_max: int = _DEFAULT_MESSAGE_BYTES,
        report: "Callable[[str], None]" = _no_report,
    ) -> None:
        self.message_bytes_max = message_bytes_max
        self.response = bytearray(message_bytes_max)
        self.report = report
        self._handlers = {}
        self._groups = {}
        self.requests = 0
        self.responses = 0
        self.refused = 0
        self.bad_messages = 0
        self.handler_faults = 0

    def register(
        self, group: int, command: int, op: int, handler: "Callable[[dict], dict]"
    ) -> None:
        """Serve one command; ValueError if it is served already."""
        key = (group, command, op)
        if key in self._handlers:
            raise ValueError("SMP command registered twice: %s" % (key,))
        self._handlers[key] = handler

    def register_group(self, group: int, handler: "Callable[[int, int, dict], dict]") -> None:
        """Serve all commands of a group by `handler(command, op, request_map)`, which takes less
        heap than a handler each. ValueError if there is one already."""
        if group in self._groups:
            raise ValueError("SMP group registered twice: %d" % group)
        self._groups[group] = handler

    def handle(self, message: bytes, n_bytes: int) -> int:
        """Answer `message[:n_bytes]`; returns the length of the answer in `response`, 0 if none.

        What is no request at all (too short, or itself a response) is counted, not answered.
        """
        if n_bytes < HEADER_BYTES or message[0] & 7 not in (READ, WRITE):
            self.bad_messages += 1
            return 0
        self.requests += 1
        first, _, length, group, sequence, command = struct.unpack_from(">BBHHBB", message)
        version = (first >> 3) & 3
        try:
            if version > _VERSION_MAX:
                raise CommandError(_TOO_NEW)
            if length != n_bytes - HEADER_BYTES:
                self.bad_messages += 1
                raise CommandError(ECORRUPT, "length in header is wrong")
            body = self._call(group, command, first & 7, message, n_bytes)
            end = self._encode(body)
        except CommandError as error:
            self.refused += 1
            end = self._encode(_error_body(error, version, group))
        version = min(version, _VERSION_MAX)
        struct.pack_into(
            ">BBHHBB",
            self.response,
            0,
            (version << 3) | (first & 7) + 1,
            0,
            end - HEADER_BYTES,
            group,
            sequence,
            command,
        )
        self.responses += 1
        return end

    def _call(self, group: int, command: int, op: int, message: bytes, n_bytes: int) -> dict:
        handler = self._handlers.get((group, command, op))
        of_group = self._groups.get(group)
        if handler is None and of_group is None:
            raise CommandError(ENOTSUP)
        request = self._request_map(message, n_bytes)
        try:
            return of_group(command, op, request) if handler is None else handler(request)
        except CommandError:
            raise
        except Exception as error:
            # A defect in one command must not take the link down with it.
            self.handler_faults += 1
            self.report("link: command %d/%d failed: %r" % (group, command, error))
            raise CommandError(EUNKNOWN, "%r" % error) from None

    def _request_map(self, message: bytes, n_bytes: int) -> dict:
        if n_bytes == HEADER_BYTES:
            return {}  # some clients send no body where the map would be empty
        try:
            request = cbor.decode(message, HEADER_BYTES, n_bytes)
        except cbor.CborError as error:
            self.bad_messages += 1
            raise CommandError(EINVAL, str(error)) from None
        if not isinstance(request, dict):
            self.bad_messages += 1
            raise CommandError(EINVAL, "request is no map")
        return request

    def _encode(self, body: dict) -> int:
        encoder = cbor.Encoder(self.response, HEADER_BYTES)
        try:
            encoder.encode(body)
        except cbor.CborFull:
            raise CommandError(EMSGSIZE, "response too large") from None
        except cbor.CborError as error:
            self.handler_faults += 1
            self.report("link: response cannot be encoded: %s" % error)
            raise CommandError(EUNKNOWN) from None
        return encoder.at


_REASON_CHARS_MAX = 96


def _error_body(error: CommandError, version: int, group: int) -> dict:
    if error.group_rc and version:
        return {"err": {"group": group, "rc": error.group_rc}}
    if error.reason:
        return {"rc": error.rc, "rsn": error.reason[:_REASON_CHARS_MAX]}
    return {"rc": error.rc}
