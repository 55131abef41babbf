"""Answers to the handset's own management commands (group 72, table in link/spec.py).

Reading and configuring only: no command opens the microphone or switches the receiver on.
"""

import gc

import micropython

from handset import facts
from handset.link.server import EBUSY, EINVAL, CommandError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from handset.app import Application


class Management:
    """Reads the application's state; `providers()` is the table that the link group wants."""

    def __init__(self, app: "Application") -> None:
        self._app = app

    def providers(self) -> dict:
        return {
            "identity": self._identity,
            "floor": self._floor,
            "geo": self._geo,
            "codec": self._codec,
            "set_codec": self._set_codec,
            "memory": self._memory,
        }

    def statistics(self) -> dict:
        """What the statistics group serves, by name."""
        return {
            "voice": self._app.board.audio.stats,
            "link": self._app.link.stats,
            "floor": self._floor_stats,
            "geo": self._app.geo.stats,
            "store": self._app.records.stats,
        }

    def _identity(self, request: dict) -> dict:
        return facts.identity(self._app.board)

    def _floor(self, request: dict) -> dict:
        return {
            "state": self._app.floor.state,
            "talker": self._app.ptt.talker,
            "protected": self._app.floor_channel.is_protected,
        }

    def _floor_stats(self) -> dict:
        floor = self._app.floor
        channel = self._app.floor_channel
        return {
            "datagrams": channel.received,
            "ignored": channel.ignored,
            "malformed": floor.malformed,
            "discarded": floor.discarded,
            "echoed": floor.echoed,
            "collisions": floor.collisions,
            "refused": channel.refused,
            "send_failed": channel.send_failed,
            "media_send_failed": self._app.pump.send_failed,
        }

    def _geo(self, request: dict) -> dict:
        return self._app.geo.snapshot()

    def _codec(self, request: dict) -> dict:
        settings = self._app.voice_settings
        return {
            "name": settings.codec,
            "bitrate_bps": settings.bitrate_bps,
            "dtx": settings.dtx,
        }

    def _set_codec(self, request: dict) -> dict:
        try:
            self._app.voice_settings.select(request["name"], request["bitrate_bps"], request["dtx"])
        except ValueError as error:
            raise CommandError(EINVAL, str(error)) from None
        except RuntimeError as error:
            raise CommandError(EBUSY, str(error)) from None
        self._app.keep_voice()
        return self._codec(request)

    def _memory(self, request: dict) -> dict:
        return {
            "heap_free_bytes": gc.mem_free(),
            "heap_used_bytes": gc.mem_alloc(),
            "alloc_total_bytes": micropython.mem_total(),
            "heap_bytes_in_voice_path": self._app.pump.heap_bytes,
            "frames_in_voice_path": self._app.pump.packets,
        }
