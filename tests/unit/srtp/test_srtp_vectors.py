"""The packets printed in RFC 7714, byte for byte: clauses 16.1 (SRTP) and 17.1 (SRTCP)."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from srtp_station import OK, Station, Use

KEY = bytes(range(16)).hex()
SALT = b"Quid pro quo".hex()
EPOCH = bytes(6)


@dataclass(frozen=True)
class Vector:
    """A packet in clear and on the air, without MKI."""

    use: Use
    ssrc: int
    index: int
    clear: str
    air: str


VECTORS = (
    Vector(
        use="media",
        ssrc=0x5501A0B2,
        index=0xF17B,
        clear="8040f17b8041f8d35501a0b2" + b"Gallia est omnis divisa in partes tres".hex(),
        air="8040f17b8041f8d35501a0b2f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7"
        "d19b36de3adf8833899d7f27beb16a9152cf765ee4390cce",
    ),
    Vector(
        use="floor",
        ssrc=0x4D617273,
        index=0x5D4,
        clear="81c8000d4d6172734e5450314e545032525450200000042a0000e9304c756e61" + "deadbeef" * 5,
        air="81c8000d4d61727363e94885dcdab67ca727d7662f6b7e997ff5c0f76c06f32dc676a5f1730d6fda4ce0"
        "9b4686303ded0bb9275bc84aa45896cf4d2fc5abf87245d9eade800005d4",
    ),
)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.use)
def test_rfc_7714(station: Station, vector: Vector) -> None:
    station.set_keys((1, bytes(16)))
    sender = station.sender(vector.use, vector.ssrc, EPOCH)
    receiver = station.receiver(vector.use)
    assert receiver.hear(sender.send()) == OK
    station.ask("inject_sender", sender.number, KEY, SALT)
    station.ask("inject_receiver", receiver.number, KEY, SALT)
    sender.start_at(vector.index)

    protected = sender.protect(bytes.fromhex(vector.clear))

    assert protected is not None and protected[:-10].hex() == vector.air
    assert receiver.unprotect(protected) == (OK, bytes.fromhex(vector.clear))
