"""CRC-16/XMODEM: polynomial 0x1021, initial value 0, not reflected."""


def crc16(buf: bytes, start: int, end: int) -> int:
    """CRC of `buf[start:end]`. Does not allocate. Over data and its big-endian CRC it is 0."""
    crc = 0
    while start < end:
        # A byte's eight shift steps folded into three XORs; no table to keep in RAM.
        x = (crc >> 8) ^ buf[start]
        x ^= x >> 4
        crc = ((crc << 8) ^ (x << 12) ^ (x << 5) ^ x) & 0xFFFF
        start += 1
    return crc
