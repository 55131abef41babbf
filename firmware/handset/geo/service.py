"""Geolocation under the agent's hand: one key switches it, and off means off.

Sans-IO: the key, receiver bytes, received reports and time go in as calls. The only way on is
`agent_toggle`, which belongs to the geo key and to nothing else; there is no command for it. On
powers the receiver; a report leaves at the first fix and then at most once an interval. Off cuts
the power first, wipes every buffer that held a position of the agent, and from then on nothing
can leave: the one place that sends looks at the switch.
"""

from handset.geo import nmea, report

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from hal.contracts import Clock

DEFAULT_CONFIG = {
    "interval_ms": 5000,  # at least this long between two reports
    "fix_max_age_ms": 5000,  # a fix older than this is no fix
    "heard_max": 12,  # positions of others that are kept
    "heard_max_age_ms": 600_000,  # and for how long
}

_SEQUENCE_HALF = 0x8000


class GeoService:
    """The handset's own position and those heard from others.

    ssrc, user_id: this handset's, as in its reports. clock: see `hal.contracts.Clock`.
    send(buf, n_bytes): transmit a report to the group; `buf` is wiped or reused afterwards.
    gnss_power(on): the receiver's supply. notify(state): "off", "on" (no fix) or "fix".
    config: entries that differ from DEFAULT_CONFIG.
    keep(report): each report that leaves, for the agent's own journal.
    """

    def __init__(
        self,
        ssrc: int,
        user_id: str,
        clock: "Clock",
        send: "Callable[[bytearray, int], None]",
        gnss_power: "Callable[[bool], None]",
        notify: "Callable[[str], None]",
        config: dict | None = None,
        keep: "Callable[[report.Report], None] | None" = None,
    ) -> None:
        if not 1 <= len(user_id.encode()) <= report.USER_ID_BYTES_MAX:
            raise ValueError("user id must have 1 to %d bytes" % report.USER_ID_BYTES_MAX)
        self.enabled = False
        # Reports sent, receiver bytes that came while off, reports of others: good and bad ones.
        self.sent = 0
        self.bytes_while_off = 0
        self.received = 0
        self.malformed = 0
        self.parser = nmea.Parser()
        self._ssrc = ssrc
        self._user_id = user_id
        self._clock = clock
        self._send_datagram = send
        self._gnss_power = gnss_power
        self._notify = notify
        self._keep = keep
        self._config = dict(DEFAULT_CONFIG)
        self._config.update(config or {})
        self._buf = bytearray(report.MAX_BYTES)
        self._sequence = 0
        self._state = "off"
        self._fix_ms = 0
        self._sent_ms = 0
        self._has_sent = False
        # user id -> (report, ticks when heard)
        self._heard = {}

    def agent_toggle(self) -> None:
        """The agent pressed the geo key."""
        if self.enabled:
            self._switch_off()
        else:
            self._switch_on()

    def gnss_bytes(self, buf: bytes, n_bytes: int) -> None:
        """Bytes from the receiver. Allocates only when a report is sent or the state changes."""
        if not self.enabled:
            # Still on the wire when the power went: nobody looks at them.
            self.bytes_while_off += n_bytes
            return
        if self.parser.feed(buf, n_bytes):
            self._fix_ms = self._clock.ticks_ms()
        self._show("fix" if self._has_fix() else "on")
        if self._has_fix() and self._is_due():
            self._send_report()

    def report_received(self, buf: bytes, n_bytes: int) -> None:
        """A datagram named "HGEO" of another handset."""
        try:
            heard = report.decode(buf, n_bytes)
        except report.ReportError:
            self.malformed += 1
            return
        if heard.ssrc != self._ssrc and self._is_news(heard):
            self.received += 1
            self._remember(heard)

    def tick(self) -> None:
        """Let old things expire; call it about once a second."""
        self._expire()
        if self.enabled and self._state == "fix" and not self._has_fix():
            self._show("on")

    def snapshot(self) -> dict:
        """State for the management link; times in milliseconds, positions in 1e-7 degrees."""
        self._expire()
        now_ms = self._clock.ticks_ms()
        heard = []
        for user_id, (position, heard_ms) in self._heard.items():
            age_ms = self._clock.ticks_diff(now_ms, heard_ms)
            entry = _position(position.lat_deg_e7, position.lon_deg_e7, position.utc_ms, age_ms)
            entry["user_id"] = user_id
            heard.append(entry)
        own = None
        fix = self.parser.fix
        if self._has_fix():
            age_ms = self._clock.ticks_diff(now_ms, self._fix_ms)
            own = _position(fix.lat_e7(), fix.lon_e7(), fix.utc_ms(), age_ms)
        return {"enabled": self.enabled, "fix": own is not None, "own": own, "heard": heard}

    def stats(self) -> dict:
        """Counters of position reports, and of what the receiver says."""
        parser = self.parser
        return {
            "reports_sent": self.sent,
            "reports_received": self.received,
            "reports_malformed": self.malformed,
            "bytes_while_off": self.bytes_while_off,
            "nmea_sentences": parser.sentences,
            "nmea_ignored": parser.ignored,
            "nmea_bad_checksum": parser.bad_checksum,
            "nmea_bad_framing": parser.bad_framing,
            "nmea_bad_fields": parser.bad_fields,
        }

    # ------------------------------------------------------------------------------------- switch

    def _switch_on(self) -> None:
        self.parser.reset()
        self._has_sent = False
        self.enabled = True
        self._gnss_power(True)
        self._show("on")

    def _switch_off(self) -> None:
        self.enabled = False
        try:
            self._gnss_power(False)
        finally:
            self.parser.reset()
            self._wipe()
            self._show("off")

    def _wipe(self) -> None:
        for i in range(len(self._buf)):
            self._buf[i] = 0

    def _show(self, state: str) -> None:
        if state != self._state:
            self._state = state
            self._notify(state)

    # ---------------------------------------------------------------------------------------- own

    def _has_fix(self) -> bool:
        if not self.enabled or not self.parser.fix.valid:
            return False
        age_ms = self._clock.ticks_diff(self._clock.ticks_ms(), self._fix_ms)
        return 0 <= age_ms <= self._config["fix_max_age_ms"]

    def _is_due(self) -> bool:
        if not self._has_sent:
            return True
        passed_ms = self._clock.ticks_diff(self._clock.ticks_ms(), self._sent_ms)
        # Negative after half a wrap of the ticks, days later.
        return passed_ms < 0 or passed_ms >= self._config["interval_ms"]

    def _send_report(self) -> None:
        fix = self.parser.fix
        own = report.Report(self._ssrc, self._user_id)
        own.sequence = self._sequence
        own.utc_ms = fix.utc_ms()
        own.lat_deg_e7 = fix.lat_e7()
        own.lon_deg_e7 = fix.lon_e7()
        own.altitude_mm = fix.altitude_mm
        own.speed_cm_s = _speed_cm_s(fix.speed_mm_s)
        own.course_cdeg = fix.course_cdeg
        own.hdop_x100 = fix.hdop_x100
        n_bytes = report.encode(own, self._buf)
        self._sequence = (self._sequence + 1) & 0xFFFF
        self._sent_ms = self._clock.ticks_ms()
        self._has_sent = True
        if self.enabled:
            self.sent += 1
            self._send_datagram(self._buf, n_bytes)
            if self._keep is not None:
                self._keep(own)

    # ------------------------------------------------------------------------------------- others

    def _is_news(self, heard: report.Report) -> bool:
        """Not a repetition or a late packet: RFC 1982 order of the sequence, within one boot."""
        known = self._heard.get(heard.user_id)
        if known is None or known[0].ssrc != heard.ssrc:
            return True
        ahead = (heard.sequence - known[0].sequence) & 0xFFFF
        return 0 < ahead < _SEQUENCE_HALF

    def _remember(self, heard: report.Report) -> None:
        self._expire()
        if heard.user_id not in self._heard and len(self._heard) >= self._config["heard_max"]:
            del self._heard[self._oldest()]
        self._heard[heard.user_id] = (heard, self._clock.ticks_ms())

    def _oldest(self) -> str:
        now_ms = self._clock.ticks_ms()
        oldest = ""
        oldest_age_ms = -1
        for user_id, (_, heard_ms) in self._heard.items():
            age_ms = self._clock.ticks_diff(now_ms, heard_ms)
            if age_ms > oldest_age_ms:
                oldest = user_id
                oldest_age_ms = age_ms
        return oldest

    def _expire(self) -> None:
        now_ms = self._clock.ticks_ms()
        for user_id in list(self._heard):
            age_ms = self._clock.ticks_diff(now_ms, self._heard[user_id][1])
            if not 0 <= age_ms <= self._config["heard_max_age_ms"]:
                del self._heard[user_id]


def _position(lat_deg_e7: int, lon_deg_e7: int, utc_ms: int, age_ms: int) -> dict:
    return {
        "lat_deg_e7": lat_deg_e7,
        "lon_deg_e7": lon_deg_e7,
        "utc_ms": utc_ms,
        "age_ms": age_ms,
    }


def _speed_cm_s(speed_mm_s: "int | None"):
    """Rounded; None when unknown or beyond what a report can say (2359 km/h)."""
    if speed_mm_s is None or speed_mm_s >= 655_340:
        return None
    return (speed_mm_s + 5) // 10
