"""Audio contract on ESP32: the C module `voice` on I2S, and the parts around it."""

from array import array

import voice
from machine import Pin

from ports.esp32.es7210 import Es7210

_DEVICE = "i2s"


class Audio:
    """The per-packet calls are the C functions themselves: no Python frame between.

    `amp_enable`: pin of the amplifier's shutdown input, high is on. `codec`: an ADC between
    microphone and I2S.
    """

    take = staticmethod(voice.take)
    give = staticmethod(voice.give)
    listen = staticmethod(voice.listen)
    heard_ssrc = staticmethod(voice.heard_ssrc)
    talk = staticmethod(voice.talk)
    configure = staticmethod(voice.configure)

    def __init__(self, amp_enable: int | None = None, codec: Es7210 | None = None) -> None:
        self._amplifier = None if amp_enable is None else Pin(amp_enable, Pin.OUT, value=0)
        self._codec = codec
        self._stats = array("q", [0] * len(voice.STATS))

    def codecs(self) -> tuple:
        return voice.CODECS

    def open(self) -> None:
        voice.open(_DEVICE)
        if self._codec:
            # After I2S: the converter starts on the master clock that comes with it.
            try:
                self._codec.start()
            except OSError:
                voice.close()
                raise
        if self._amplifier:
            self._amplifier.on()

    def close(self) -> None:
        if self._amplifier:
            self._amplifier.off()
        try:
            if self._codec:
                self._codec.stop()
        finally:
            voice.close()

    def stats(self) -> dict:
        voice.stats(self._stats)
        return {name: self._stats[i] for i, name in enumerate(voice.STATS)}
