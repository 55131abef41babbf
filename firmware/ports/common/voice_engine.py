"""Audio contract by the C module `voice` alone; a board with parts around it adds those."""

from array import array

import voice


class VoiceEngine:
    """The per-packet calls are the C functions themselves: no Python frame between.

    `device`: what the port's audio device (cmodules/voice/io_*.c) is opened with.
    """

    take = staticmethod(voice.take)
    give = staticmethod(voice.give)
    listen = staticmethod(voice.listen)
    heard_ssrc = staticmethod(voice.heard_ssrc)
    hold = staticmethod(voice.hold)
    talk = staticmethod(voice.talk)
    set_bitrate = staticmethod(voice.set_bitrate)
    set_volume = staticmethod(voice.set_volume)
    tone = staticmethod(voice.tone)
    set_group_keys = staticmethod(voice.set_group_keys)
    protect_floor = staticmethod(voice.protect_floor)
    open_floor = staticmethod(voice.open_floor)
    configure = staticmethod(voice.configure)

    def __init__(self, device: str) -> None:
        self._device = device
        self._stats = array("q", [0] * len(voice.STATS))

    def codecs(self) -> tuple:
        return voice.CODECS

    def open(self) -> None:
        voice.open(self._device)

    def close(self) -> None:
        voice.close()

    def stats(self) -> dict:
        voice.stats(self._stats)
        return {name: self._stats[i] for i, name in enumerate(voice.STATS)}
