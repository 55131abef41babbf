"""SMP group 0, "OS management": echo, date and time, reset, parameters, OS info."""

from handset.link import datetime_text
from handset.link.server import EINVAL, ENOTSUP, READ, WRITE, CommandError, Server

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from hal.contracts import Clock

GROUP = 0
_ECHO = 0
_DATETIME = 4
_RESET = 5
_PARAMETERS = 6
_INFO = 7

# The group's own error codes.
_INVALID_FORMAT = 2
_CLOCK_NOT_SET = 4
_CLOCK_FAILED = 5

# Format letter of OS info and the fact it stands for, in the order they are answered.
INFO = (
    ("s", "kernel"),
    ("n", "node"),
    ("r", "release"),
    ("v", "version"),
    ("b", "build_date"),
    ("m", "machine"),
    ("p", "processor"),
    ("i", "platform"),
    ("o", "os"),
)
_FORMATS = "".join([letter for letter, _ in INFO])


class OsGroup:
    """`clock`: `utc_ms()`, `set_utc_ms()`. `request_reset()` restarts once the answer is out.

    `info` has a text for each fact that INFO names; ValueError if one is missing.
    """

    def __init__(self, clock: "Clock", request_reset: "Callable[[], None]", info: dict) -> None:
        for _, name in INFO:
            if name not in info:
                raise ValueError("OS info lacks %r" % name)
        self._clock = clock
        self._request_reset = request_reset
        self._info = info
        self._message_bytes_max = 0

    def register(self, server: Server) -> None:
        """Serve this group; `parameters` announces the server's message size."""
        self._message_bytes_max = server.message_bytes_max
        server.register(GROUP, _ECHO, WRITE, self._echo)
        server.register(GROUP, _ECHO, READ, self._echo)
        server.register(GROUP, _DATETIME, READ, self._get_datetime)
        server.register(GROUP, _DATETIME, WRITE, self._set_datetime)
        server.register(GROUP, _RESET, WRITE, self._reset)
        server.register(GROUP, _PARAMETERS, READ, self._parameters)
        server.register(GROUP, _INFO, READ, self._os_info)

    def _echo(self, request: dict) -> dict:
        return {"r": _text(request, "d")}

    def _get_datetime(self, request: dict) -> dict:
        utc_ms = self._clock.utc_ms()
        if utc_ms < 0:
            raise CommandError(ENOTSUP, "the date is not known", _CLOCK_NOT_SET)
        return {"datetime": datetime_text.format_utc(utc_ms)}

    def _set_datetime(self, request: dict) -> dict:
        try:
            utc_ms = datetime_text.parse_utc(_text(request, "datetime"))
        except ValueError as error:
            raise CommandError(EINVAL, str(error)) from None
        try:
            self._clock.set_utc_ms(utc_ms)
        except OSError as error:
            raise CommandError(ENOTSUP, "clock: %r" % error, _CLOCK_FAILED) from None
        return {}

    def _reset(self, request: dict) -> dict:
        self._request_reset()
        return {}

    def _parameters(self, request: dict) -> dict:
        return {"buf_size": self._message_bytes_max, "buf_count": 1}

    def _os_info(self, request: dict) -> dict:
        wanted = _text(request, "format") if "format" in request else ""
        for letter in wanted:
            if letter != "a" and letter not in _FORMATS:
                raise CommandError(EINVAL, "unknown format %r" % letter, _INVALID_FORMAT)
        if "a" in wanted:
            wanted = _FORMATS
        shown = [self._info[name] for letter, name in INFO if letter in (wanted or "s")]
        return {"output": " ".join(shown)}


def _text(request: dict, name: str) -> str:
    value = request.get(name)
    if not isinstance(value, str):
        raise CommandError(EINVAL, "%r must be text" % name)
    return value
