"""Zeroes what held a secret: a garbage collector frees memory as it is, and so does a reader of
RAM find it."""


def erase(buf: bytearray, n_bytes: int) -> None:
    """Zeros in place of `buf[:n_bytes]`; allocates nothing."""
    for at in range(n_bytes):
        buf[at] = 0
