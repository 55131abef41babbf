"""The rule of NOR flash: programming clears bits, only erasing sets them."""


def first_violation(found: bytes, wanted: bytes) -> int:
    """Index of the first byte of `wanted` that has a bit which `found` has not; -1 for none."""
    for i in range(len(wanted)):
        if wanted[i] & ~found[i] & 0xFF:
            return i
    return -1


def check_range(offset: int, n_bytes: int, size_bytes: int) -> None:
    """ValueError outside the flash."""
    if offset < 0 or offset + n_bytes > size_bytes:
        raise ValueError("0x%x + %d bytes is outside the flash" % (offset, n_bytes))


def check_sector(offset: int, sector_bytes: int, size_bytes: int) -> None:
    """ValueError unless a sector of the flash starts at `offset`."""
    check_range(offset, sector_bytes, size_bytes)
    if offset % sector_bytes:
        raise ValueError("erase at 0x%x is not at a sector start" % offset)
