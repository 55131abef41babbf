"""Runs on a bare-metal handset: asks for randomness twice, and says what it got."""

import vault

for _ in range(2):
    drawn = bytearray(b"\xa5" * 16)
    try:
        vault.random(drawn)
        print("filled", vault.rng_state())
    except OSError as error:
        print("refused", error.errno, drawn == bytes(16), vault.rng_state())
print("done", vault.rng_source())
