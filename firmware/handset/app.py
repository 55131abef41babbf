"""The application's composition root: which part talks to which.

Read `__init__` from top to bottom and you have read the architecture; behaviour is in the
packages it imports.
"""

import asyncio
import struct

from handset import facts
from handset.floor import messages
from handset.floor.participant import Participant
from handset.geo.service import GeoService
from handset.link.handset_group import HandsetGroup
from handset.link.link import Link
from handset.link.os_group import OsGroup
from handset.link.server import Server
from handset.link.statistics_group import StatisticsGroup
from handset.link.store_group import StoreGroup
from handset.management import Management
from handset.onair import FloorChannel
from handset.ptt.controller import PttController
from handset.records.records import Records
from handset.security import group_keys
from handset.store.journals import JOURNALS
from handset.voice.pump import VoicePump
from handset.voice.settings import VoiceSettings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hal.board import Board
    from hal.contracts import Rng

# The longest floor message there is, and what protection adds to it.
_FLOOR_DATAGRAM_BYTES_MAX = messages.MAX_BYTES + 32
_GNSS_READ_BYTES = 128
# How soon a receiver that fell silent shows, old positions of others are forgotten, keys go.
_TICK_MS = 1000
# Geo key down this long: geolocation off and the store locked, whatever was before.
_LOCK_HOLD_MS = 2000


class Application:
    """The handset. `run()` never returns except by reset."""

    def __init__(self, board: "Board") -> None:
        self.board = board
        radio = board.radios[0]
        user_id = board.identity.user_id()
        self.ssrc = _random_ssrc(board.rng)
        self._geo_down_ms = 0
        self._geo_was_on = False

        self.records = Records(
            board.flash,
            board.custody,
            board.clock,
            board.rng,
            board.facts.STORE_RECORDS,
            self._is_quiet,
            self.log,
        )
        self.ptt = PttController(board.audio, board.indicator, self.log)
        self.geo = GeoService(
            self.ssrc,
            user_id,
            board.clock,
            self._send_floor,
            board.gnss.power,
            self._on_geo,
            keep=self.records.position,
        )
        self.floor = Participant(
            self.ssrc,
            user_id,
            board.clock,
            self._send_floor,
            self._on_floor,
            getattr(radio, "FLOOR_TIMERS", None),
        )
        self.floor_channel = FloorChannel(
            radio.floor,
            board.audio,
            {b"MCPT": self.floor.message, b"HGEO": self.geo.report_received},
            _FLOOR_DATAGRAM_BYTES_MAX,
        )
        self.pump = VoicePump(
            board.audio,
            radio.media,
            board.clock,
            packet_bytes_max=512,
            on_media=self.floor.media,
            on_tick=self.floor.tick,
            is_busy=self.floor.is_busy,
        )
        self.ptt.bind(self.floor, self.pump)
        self.voice_settings = VoiceSettings(board.audio, board.rng, self.ssrc)

        self.server = Server()
        self.link = Link(board.console, self.server, board.clock, board.power.reset)
        OsGroup(board.clock, self.link.request_reset, facts.os_info(board)).register(self.server)
        management = Management(self)
        HandsetGroup(management.providers()).register(self.server)
        StatisticsGroup(management.statistics()).register(self.server)
        StoreGroup(
            self.records.store,
            self.records.keeper,
            JOURNALS,
            board.flash.sector_bytes(),
            board.identity.serial_number(),
        ).register(self.server)

    def log(self, text: str) -> None:
        """One line of text on the console."""
        self.link.log(text)

    async def run(self) -> None:
        """Start everything; the bench sees "ready" when the agent could press PTT."""
        self.records.start()
        self.board.audio.open()
        self._restore_voice()
        self._protect()
        self.board.audio.listen(0)
        self.board.indicator.show("idle")
        self.board.indicator.show_geo("off")
        self.log(facts.banner(self.board))
        await asyncio.gather(
            self.link.run(),
            self._run_buttons(),
            self._run_gnss(),
            self._run_ticks(),
            self.floor_channel.run(),
            self.pump.run(),
            self.pump.watch_media(),
            self.records.run(),
            self._announce_ready(),
        )

    def keep_voice(self) -> None:
        """The voice settings that are in use now are those of the next start."""
        voice = self.voice_settings
        self.records.keep_setting("voice", [voice.codec, voice.bitrate_bps, voice.dtx])

    def _restore_voice(self) -> None:
        kept = self.records.setting("voice")
        if kept is not None:
            try:
                self.voice_settings.select(*kept)
                return
            except (TypeError, ValueError) as error:
                self.log("voice settings of before can not be used: %s" % error)
        self.voice_settings.select("amrwb", 0)

    def _protect(self) -> None:
        keys = group_keys.installed()
        self.board.audio.set_group_keys(keys)
        self.floor_channel.is_protected = bool(keys)
        if keys:
            self.log("voice and floor are protected with group key %d" % keys[0][0])
        else:
            self.log("no group key: voice and floor are in the clear")

    async def _announce_ready(self) -> None:
        # Last in the gather: every other task has run up to its first wait.
        self.board.indicator.ready()

    async def _run_buttons(self) -> None:
        while True:
            name, pressed = await self.board.buttons.next_edge()
            self.records.keeper.activity()
            if name == "ptt":
                self.ptt.key(pressed)
            elif name == "geo":
                self._geo_key(pressed)

    def _geo_key(self, pressed: bool) -> None:
        now_ms = self.board.clock.ticks_ms()
        if pressed:
            self._geo_down_ms = now_ms
            self.geo.agent_toggle()
        elif self.board.clock.ticks_diff(now_ms, self._geo_down_ms) >= _LOCK_HOLD_MS:
            self._close_up()

    def _close_up(self) -> None:
        """The agent held the geo key: nothing is sent of where it is, nothing can be read."""
        if self.geo.enabled:
            self.geo.agent_toggle()
        self.records.keeper.lock()
        self.log("locked by key")

    async def _run_gnss(self) -> None:
        buf = bytearray(_GNSS_READ_BYTES)
        while True:
            n_bytes = await self.board.gnss.read(buf)
            self.geo.gnss_bytes(buf, n_bytes)

    async def _run_ticks(self) -> None:
        while True:
            await asyncio.sleep_ms(_TICK_MS)
            self.geo.tick()
            self.records.keeper.tick()

    def _is_quiet(self) -> bool:
        return not self.pump.is_active()

    def _send_floor(self, buf: bytearray, n_bytes: int) -> None:
        self.floor_channel.send(buf, n_bytes)

    def _on_floor(self, event: str, **facts: object) -> None:
        self.ptt.on_floor(event, **facts)
        self.records.floor(event, facts)

    def _on_geo(self, state: str) -> None:
        self.board.indicator.show_geo(state)
        is_on = state != "off"
        if is_on != self._geo_was_on:
            self._geo_was_on = is_on
            self.records.geolocation(is_on)
        self.log("geolocation %s" % state)


def _random_ssrc(rng: "Rng") -> int:
    """RFC 3550 clause 8: random; never 0, which the voice engine reads as "anyone", and below
    2**30, so that it is a small int (no heap) on 32-bit boards as well."""
    buf = bytearray(4)
    while True:
        rng.fill(buf)
        ssrc = struct.unpack(">I", buf)[0] >> 2
        if ssrc:
            return ssrc
