"""A handset as a typed object over its management link."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import cbor2
from smp.error import MGMT_ERR
from smp.header import OP, CommandId, GroupId, Header
from smp.os_management import OS_MGMT_RET_RC
from smp.packet import CRC16_STRUCT, FRAME_LENGTH_STRUCT
from smp.statistics_management import STAT_MGMT_ERR
from typing_extensions import Self

from handsetctl import spec
from handsetctl.errors import CommandRefused, DeviceGone, MessageTooLarge, ProtocolError
from handsetctl.transport import SerialTransport

TIMEOUT_S = 2.0
RESET_TIMEOUT_S = 20.0
# Every SMP server takes one line's worth before it has said how much it takes.
_ALWAYS_FITS_BYTES = 90
_FRAME_OVERHEAD_BYTES = FRAME_LENGTH_STRUCT.size + CRC16_STRUCT.size
_DEGREE_E7 = 1e7


class _Message:
    """Base of the dataclasses below, whose fields are those of the spec table."""

    def as_dict(self) -> dict[str, Any]:
        """All fields by name, nested ones too."""
        return dataclasses.asdict(self)  # type: ignore[call-overload, no-any-return]


class Counters(Mapping[str, int]):
    """Named counters, as the handset has them."""

    def __init__(self, counts: Mapping[str, int]) -> None:
        self._counts = dict(counts)

    def __getitem__(self, name: str) -> int:
        return self._counts[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._counts)

    def __len__(self) -> int:
        return len(self._counts)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._counts!r})"


@dataclass(frozen=True)
class Parameters(_Message):
    """buf_size: largest SMP message in bytes; buf_count: how many it buffers."""

    buf_size: int
    buf_count: int


@dataclass(frozen=True)
class Identity(_Message):
    """Who a handset is and what runs on it."""

    serial_number: str
    user_id: str
    firmware: str
    board: str
    chip: str
    micropython: str
    capabilities: tuple[str, ...]
    codecs: tuple[str, ...]
    heap_bytes: int


@dataclass(frozen=True)
class Floor(_Message):
    """Floor control: the participant's state, the MCPTT ID of who talks ("": nobody), and whether
    voice and floor are protected by a group key."""

    state: str
    talker: str
    protected: bool


@dataclass(frozen=True)
class Position(_Message):
    """A position (WGS 84), when it was fixed (UTC), and how long ago it arrived."""

    lat_deg_e7: int
    lon_deg_e7: int
    utc_ms: int
    age_ms: int

    @property
    def lat_deg(self) -> float:
        """Latitude in degrees, north positive."""
        return self.lat_deg_e7 / _DEGREE_E7

    @property
    def lon_deg(self) -> float:
        """Longitude in degrees, east positive."""
        return self.lon_deg_e7 / _DEGREE_E7


@dataclass(frozen=True)
class HeardPosition(Position):
    """The last position heard from another user."""

    user_id: str


@dataclass(frozen=True)
class Geo(_Message):
    """Geolocation: the agent's switch, own position (None without a fix), positions heard."""

    enabled: bool
    fix: bool
    own: Position | None
    heard: tuple[HeardPosition, ...]


@dataclass(frozen=True)
class Codec(_Message):
    """The voice codec used for talking."""

    name: str
    bitrate_bps: int
    dtx: bool


@dataclass(frozen=True)
class Memory(_Message):
    """The Python heap of a handset, and what the voice path took from it."""

    heap_free_bytes: int
    heap_used_bytes: int
    alloc_total_bytes: int
    heap_bytes_in_voice_path: int
    frames_in_voice_path: int


class Device:
    """A handset behind an open transport. Use as a context manager: leaving it closes the port.

    Every method may raise DeviceTimeout, DeviceGone, ProtocolError or CommandRefused.
    """

    def __init__(self, transport: SerialTransport, timeout_s: float = TIMEOUT_S) -> None:
        self.transport = transport
        self.timeout_s = timeout_s
        self._message_bytes_max: int | None = None

    @classmethod
    def open(cls, url: str, timeout_s: float = TIMEOUT_S) -> Device:
        """Open a port or pyserial URL. DeviceNotFound, PortBusy. Asks the handset nothing yet."""
        return cls(SerialTransport(url), timeout_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the port. Idempotent."""
        self.transport.close()

    # -- console text -------------------------------------------------------------------------

    def on_text(self, callback: Callable[[str], None]) -> None:
        """Hand each line of console text to `callback`, which must not use this object."""
        self.transport.on_text = callback

    def listen(self, timeout_s: float) -> None:
        """Read console text for `timeout_s`."""
        self.transport.listen(timeout_s)

    # -- OS group -----------------------------------------------------------------------------

    def echo(self, text: str) -> str:
        """What the handset sends back for `text`."""
        return self._os_text(OP.WRITE, CommandId.OSManagement.ECHO, {"d": text}, "r")

    def params(self) -> Parameters:
        """How large an SMP message the handset takes."""
        answer = self._os(OP.READ, CommandId.OSManagement.MCUMGR_PARAMETERS, {})
        sizes = answer.get("buf_size"), answer.get("buf_count")
        if not all(isinstance(size, int) and size > 0 for size in sizes):
            raise ProtocolError(f"parameters make no sense: {answer!r}", self.transport.url)
        return Parameters(answer["buf_size"], answer["buf_count"])

    def os_info(self, format: str = "a") -> str:
        """Facts about the running system; letters as Zephyr documents them (snrvbmpio, a)."""
        command = CommandId.OSManagement.OS_APPLICATION_INFO
        return self._os_text(OP.READ, command, {"format": format}, "output")

    def datetime(self) -> dt.datetime:
        """The handset's date and time, in UTC."""
        text = self._os_text(OP.READ, CommandId.OSManagement.DATETIME_STRING, {}, "datetime")
        try:
            moment = dt.datetime.strptime(text[:19], "%Y-%m-%dT%H:%M:%S")
            fraction_s = float("0" + (text[19:].rstrip("Z") or ".0"))
        except ValueError as error:
            raise ProtocolError(f"not a date and time: {text!r}", self.transport.url) from error
        return moment.replace(tzinfo=dt.timezone.utc) + dt.timedelta(seconds=fraction_s)

    def set_datetime(self, moment: dt.datetime) -> None:
        """Set the handset's clock. ValueError for a moment without time zone."""
        if moment.tzinfo is None:
            raise ValueError("the moment must say its time zone")
        utc = moment.astimezone(dt.timezone.utc).replace(tzinfo=None)
        body = {"datetime": utc.isoformat(timespec="milliseconds")}
        self._os(OP.WRITE, CommandId.OSManagement.DATETIME_STRING, body)

    def reset(self, wait: bool = True, timeout_s: float = RESET_TIMEOUT_S) -> None:
        """Restart the handset; with `wait`, return when it answers again.

        A port that vanishes meanwhile (USB made by the chip itself) is what a restart looks like.
        """
        try:
            self._os(OP.WRITE, CommandId.OSManagement.RESET, {})
        except DeviceGone:
            if not wait:
                raise
        if wait:
            self.wait_ready(timeout_s)

    def wait_ready(self, timeout_s: float) -> None:
        """Return as soon as the handset answers. DeviceTimeout, PortBusy."""
        self.transport.wait_ready(timeout_s)

    # -- statistics group ---------------------------------------------------------------------

    def statistics_groups(self) -> tuple[str, ...]:
        """Names of the groups of counters, such as "voice" and "link"."""
        command = CommandId.StatisticsManagement.LIST_OF_GROUPS
        names = self._statistics(command, {}).get("stat_list")
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise ProtocolError(f"not a list of groups: {names!r}", self.transport.url)
        return tuple(names)

    def statistics(self, group: str) -> Counters:
        """The counters of a group; CommandRefused if it has no such group."""
        command = CommandId.StatisticsManagement.GROUP_DATA
        counts = self._statistics(command, {"name": group}).get("fields")
        if not isinstance(counts, dict) or not all(
            isinstance(name, str) and isinstance(count, int) for name, count in counts.items()
        ):
            raise ProtocolError(f"not a group of counters: {counts!r}", self.transport.url)
        return Counters(counts)

    # -- the handset's own group --------------------------------------------------------------

    def identity(self) -> Identity:
        """Who this handset is and what runs on it."""
        answer = self._read("identity")
        answer["capabilities"] = tuple(answer["capabilities"])
        answer["codecs"] = tuple(answer["codecs"])
        return Identity(**answer)

    def floor(self) -> Floor:
        """May this handset talk, and who does."""
        return Floor(**self._read("floor"))

    def geo(self) -> Geo:
        """Geolocation as this handset knows it."""
        answer = self._read("geo")
        own = answer["own"]
        return Geo(
            answer["enabled"],
            answer["fix"],
            None if own is None else Position(**own),
            tuple(HeardPosition(**position) for position in answer["heard"]),
        )

    def codec(self) -> Codec:
        """The codec used for talking."""
        return Codec(**self._read("codec"))

    def set_codec(self, name: str, bitrate_bps: int = 0, dtx: bool = False) -> Codec:
        """Choose the codec (0: its default bit rate); returns what is now in force.

        dtx: next to nothing is sent in pauses. CommandRefused for a codec or bit rate the handset
        does not have, and for anything but another bit rate while it talks.
        """
        body = {"name": name, "bitrate_bps": bitrate_bps, "dtx": dtx}
        return Codec(**self._own(OP.WRITE, "codec", body))

    def memory(self) -> Memory:
        """The Python heap of the handset."""
        return Memory(**self._read("memory"))

    # -- messages -----------------------------------------------------------------------------

    def _os(self, op: OP, command: CommandId.OSManagement, body: dict[str, Any]) -> dict[str, Any]:
        what = command.name.lower().replace("_", " ")
        return self.call(op, GroupId.OS_MANAGEMENT, int(command), body, what)

    def _statistics(
        self, command: CommandId.StatisticsManagement, body: dict[str, Any]
    ) -> dict[str, Any]:
        group = GroupId.STATISTICS_MANAGEMENT
        return self.call(OP.READ, group, int(command), body, "statistics")

    def _os_text(
        self, op: OP, command: CommandId.OSManagement, body: dict[str, Any], name: str
    ) -> str:
        answer = self._os(op, command, body)
        if not isinstance(answer.get(name), str):
            raise ProtocolError(f"answer without text {name!r}: {answer!r}", self.transport.url)
        return str(answer[name])

    def _read(self, name: str) -> dict[str, Any]:
        return self._own(OP.READ, name, {})

    def _own(self, op: OP, name: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = self.call(op, spec.group(), spec.command(name).number, body, name)
        if wrong := spec.answer_mismatch(name, answer):
            raise ProtocolError(
                f"the answer to {name!r} {wrong}",
                self.transport.url,
                "firmware and host tool differ: build and install both from the same tree",
            )
        return answer

    def call(
        self,
        op: OP,
        group: int,
        command: int,
        body: dict[str, Any],
        what: str,
        timeout_s: float | None = None,
        secret: bool = False,
    ) -> dict[str, Any]:
        """What any SMP command answers. `what` names it in errors; so does the body, unless it is
        `secret`. timeout_s: for this command, instead of the object's own."""
        data = cbor2.dumps(body, canonical=True)
        self._check_size(Header.SIZE + len(data))
        patience_s = self.timeout_s if timeout_s is None else timeout_s
        raw = self.transport.request(op, group, command, data, patience_s)
        try:
            answer = cbor2.loads(raw)
        except (cbor2.CBORDecodeError, ValueError) as error:
            raise ProtocolError(
                f"the answer to {what!r} is not CBOR: {error}", self.transport.url
            ) from error
        if not isinstance(answer, dict):
            raise ProtocolError(f"the answer to {what!r} is no map", self.transport.url)
        asked = f"{what!r} with {body!r}" if body and not secret else repr(what)
        _raise_if_refused(answer, asked, self.transport.url)
        return answer

    def _check_size(self, n_bytes: int) -> None:
        if n_bytes <= _ALWAYS_FITS_BYTES:
            return
        if self._message_bytes_max is None:
            # buf_size holds the frame's length and CRC too on some servers.
            self._message_bytes_max = self.params().buf_size - _FRAME_OVERHEAD_BYTES
        if n_bytes > self._message_bytes_max:
            raise MessageTooLarge(
                f"a message of {n_bytes} bytes; the handset takes {self._message_bytes_max}",
                self.transport.url,
            )


def _raise_if_refused(answer: dict[str, Any], asked: str, url: str) -> None:
    """CommandRefused for both shapes of an SMP error; ProtocolError for a third."""
    error = answer.get("err")
    if error is None and not answer.get("rc"):
        answer.pop("rc", None)  # some servers say "rc": 0 when all is well
        return
    group = error.get("group") if isinstance(error, dict) else None
    code = error.get("rc") if isinstance(error, dict) else answer.get("rc")
    if not isinstance(code, int) or (error is not None and not isinstance(group, int)):
        raise ProtocolError(f"an error answer that makes no sense: {answer!r}", url)
    reason = f" ({answer['rsn']})" if answer.get("rsn") else ""
    raise CommandRefused(
        f"the handset refused {asked}: {_error_name(group, code)}{reason}",
        url,
        _NEXT_STEPS.get(code, "") if group is None else "",
        rc=code,
        group=group,
    )


_NEXT_STEPS: dict[int, str] = {
    MGMT_ERR.EINVAL: "check the values",
    MGMT_ERR.EBADSTATE: "it cannot do that in its present state",
    MGMT_ERR.ENOTSUP: "its firmware does not have this command: update it",
    MGMT_ERR.EBUSY: "it is busy: try again when it is not talking",
    MGMT_ERR.EACCESSDENIED: "unlock it first: handsetctl store unlock",
}


def _error_name(group: int | None, code: int) -> str:
    try:
        if group is None:
            return MGMT_ERR(code).name
        if group == GroupId.OS_MANAGEMENT:
            return OS_MGMT_RET_RC(code).name
        if group == GroupId.STATISTICS_MANAGEMENT:
            return STAT_MGMT_ERR(code).name
    except ValueError:
        return f"error {code}"
    return f"error {code} of group {group}"
