"""Audio contract on ESP32: the C module `voice` on I2S, and the parts around it."""

from machine import Pin

from ports.common.voice_engine import VoiceEngine
from ports.esp32.es7210 import Es7210


class Audio(VoiceEngine):
    """`amp_enable`: pin of the amplifier's shutdown input, high is on. `codec`: an ADC between
    microphone and I2S.
    """

    def __init__(self, amp_enable: int | None = None, codec: Es7210 | None = None) -> None:
        super().__init__("i2s")
        self._amplifier = None if amp_enable is None else Pin(amp_enable, Pin.OUT, value=0)
        self._codec = codec

    def open(self) -> None:
        super().open()
        if self._codec:
            # After I2S: the converter starts on the master clock that comes with it.
            try:
                self._codec.start()
            except OSError:
                super().close()
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
            super().close()
