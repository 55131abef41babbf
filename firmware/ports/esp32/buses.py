"""Buses and plain outputs that several parts of a board share."""

from machine import I2C, Pin

_I2C = 0
_I2C_HZ = 400_000


def i2c(pins: dict) -> I2C:
    """The I2C bus of a board."""
    return I2C(_I2C, sda=Pin(pins["i2c_sda"]), scl=Pin(pins["i2c_scl"]), freq=_I2C_HZ)


def set_outputs(pins: dict, high: tuple) -> None:
    """Drive the named pins high: switches of supplies, chip selects of what nobody uses yet."""
    for name in high:
        Pin(pins[name], Pin.OUT, value=1)
