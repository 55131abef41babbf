"""ES7210: four-channel microphone ADC of the T-Deck, set up over I2C for 16 kHz, 16 bit, I2S slave.

Everest Semiconductor publishes a product brief without registers. Numbers and values here are those
of Espressif's driver (github.com/espressif/esp-bsp, components/es7210: es7210_reg.h; es7210.c for
the order and for the clock table's entry "MCLK 4096000, LRCK 16000").
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from machine import I2C

ADDRESS = 0x40  # both address pins low

_RESET = 0x00
_MAIN_CLOCK = 0x02
_LRCK_DIVIDER_HIGH = 0x04
_LRCK_DIVIDER_LOW = 0x05
_POWER_DOWN = 0x06
_OVERSAMPLING = 0x07
_START_UP_TIME = 0x09
_POWER_UP_TIME = 0x0A
_SERIAL_FORMAT = 0x11
_SERIAL_TDM = 0x12
_HIGH_PASS_34 = (0x20, 0x21)
_HIGH_PASS_12 = (0x22, 0x23)
_ANALOG = 0x40
_BIAS_12 = 0x41
_BIAS_34 = 0x42
_GAIN = (0x43, 0x44, 0x45, 0x46)
_MICROPHONE_POWER = (0x47, 0x48, 0x49, 0x4A)
_POWER_12 = 0x4B
_POWER_34 = 0x4C

_GAIN_ENABLE = 0x10
GAIN_30_DB = 0x0A  # steps of 3 dB
_ALL_OFF = 0xFF

_SET_UP = (
    (_RESET, 0xFF),
    (_RESET, 0x32),
    (_START_UP_TIME, 0x30),
    (_POWER_UP_TIME, 0x30),
    (_HIGH_PASS_12[1], 0x2A),
    (_HIGH_PASS_12[0], 0x0A),
    (_HIGH_PASS_34[1], 0x2A),
    (_HIGH_PASS_34[0], 0x0A),
    (_SERIAL_FORMAT, 0x60),  # 16 bit, Philips I2S
    (_SERIAL_TDM, 0x00),  # two slots on one data line: microphones 1 and 2
    (_ANALOG, 0xC3),
    (_BIAS_12, 0x70),  # 2.87 V
    (_BIAS_34, 0x70),
)
# MCLK / 1 with doubler and without DLL, 32 x oversampling, LRCK = MCLK / 256.
_CLOCK_16_KHZ = (
    (_OVERSAMPLING, 0x20),
    (_MAIN_CLOCK, 0x01 | 1 << 6 | 1 << 7),
    (_LRCK_DIVIDER_HIGH, 0x01),
    (_LRCK_DIVIDER_LOW, 0x00),
    (_POWER_DOWN, 0x04),
)
_START = ((_POWER_12, 0x0F), (_POWER_34, 0x0F), (_RESET, 0x71), (_RESET, 0x41))
_STOP = ((_POWER_12, _ALL_OFF), (_POWER_34, _ALL_OFF))


class Es7210:
    """OSError when the chip does not answer."""

    def __init__(self, i2c: "I2C", gain: int = GAIN_30_DB) -> None:
        self._i2c = i2c
        self._gain = gain

    def start(self) -> None:
        """Convert from now on; the master clock must run."""
        self._write(_SET_UP)
        self._write(tuple((register, self._gain | _GAIN_ENABLE) for register in _GAIN))
        self._write(tuple((register, 0x08) for register in _MICROPHONE_POWER))
        self._write(_CLOCK_16_KHZ)
        self._write(_START)

    def stop(self) -> None:
        """Microphone bias, amplifiers and converters off."""
        self._write(_STOP)

    def _write(self, values: tuple) -> None:
        for register, value in values:
            self._i2c.writeto_mem(ADDRESS, register, bytes((value,)))
