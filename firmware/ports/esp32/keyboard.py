"""The T-Deck's keyboard: a microcontroller of its own on I2C that gives one character a read.

Reading one byte at address 0x55 returns the character of the last key pressed, 0 when there was
none since (LilyGO, github.com/Xinyuan-LilyGO/T-Deck, examples/Keyboard_T_Deck_Master).
There is no release.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from machine import I2C

_ADDRESS = 0x55


class Keyboard:
    """`letters`: name of a button -> its letter."""

    def __init__(self, i2c: "I2C", letters: dict) -> None:
        self._i2c = i2c
        self._names = {ord(letter): name for name, letter in letters.items()}
        self._buf = bytearray(1)
        self._was_read = False
        # Reads that failed: it starts later than the main chip.
        self.errors = 0

    def pressed(self) -> str:
        """Name of the button pressed since the last call, "" for none or another key."""
        try:
            self._i2c.readfrom_into(_ADDRESS, self._buf)
        except OSError:
            self.errors += 1
            return ""
        if not self._was_read:
            # A key from before anybody listened: it must not open the microphone now.
            self._was_read = True
            return ""
        return self._names.get(self._buf[0], "")
