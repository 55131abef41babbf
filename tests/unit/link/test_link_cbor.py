"""The CBOR codec against cbor2."""

import math

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handset.link import cbor

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**64), 2**64 - 1)
    | st.text(max_size=40)
    | st.binary(max_size=40)
)
keys = st.text(max_size=30) | st.integers(-(2**64), 2**64 - 1)


def nested(leaves):
    return st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=5) | st.dictionaries(keys, inner, max_size=5),
        max_leaves=15,
    )


def depth(value):
    if isinstance(value, dict):
        return 1 + max((depth(v) for v in value.values()), default=0)
    if isinstance(value, list):
        return 1 + max((depth(v) for v in value), default=0)
    return 0


shallow = nested(scalars).filter(lambda value: depth(value) <= cbor.DEPTH_MAX)
shallow_with_floats = nested(scalars | st.floats(allow_nan=False)).filter(
    lambda value: depth(value) <= cbor.DEPTH_MAX
)


@given(shallow)
def test_encodes_as_cbor2_canonical(value):
    expected = cbor2.dumps(value, canonical=True)
    if not _mixes_key_types(value):  # cbor2 orders mixed keys by length first (RFC 7049)
        assert cbor.dumps(value, 8192) == expected
    assert cbor2.loads(cbor.dumps(value, 8192)) == value


def _mixes_key_types(value):
    if isinstance(value, dict):
        kinds = {(type(key), isinstance(key, int) and key < 0) for key in value}
        return len(kinds) > 1 or any(_mixes_key_types(v) for v in value.values())
    return isinstance(value, list) and any(_mixes_key_types(v) for v in value)


@given(shallow_with_floats)
def test_decodes_cbor2_canonical_and_plain(value):
    assert cbor.loads(cbor2.dumps(value, canonical=True)) == value
    assert cbor.loads(cbor2.dumps(value)) == value


@given(shallow_with_floats)
def test_decodes_indefinite_lengths(value):
    assert cbor.loads(cbor2.dumps(value, indefinite_containers=True)) == value


@given(shallow_with_floats)
def test_round_trip(value):
    assert cbor.loads(cbor.dumps(value, 8192)) == value


def test_keys_are_in_bytewise_order():
    data = cbor.dumps({"b": 1, "aa": 2, 1000: 3, -1: 4, 5: 5})
    assert data.hex() == "a505051903e803200461620162616102"


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        (23, "17"),
        (24, "1818"),
        (255, "18ff"),
        (256, "190100"),
        (65536, "1a00010000"),
        (4294967296, "1b0000000100000000"),
        (2**64 - 1, "1bffffffffffffffff"),
        (-1, "20"),
        (-(2**64), "3bffffffffffffffff"),
        (1.5, "fb3ff8000000000000"),
        ((1, 2), "820102"),
        (bytearray(b"ab"), "426162"),
        ("é", "62c3a9"),
    ],
)
def test_encoding_of(value, encoded):
    assert cbor.dumps(value).hex() == encoded


@pytest.mark.parametrize(
    ("encoded", "value"),
    [
        ("f93e00", 1.5),
        ("f90001", 2.0**-24),
        ("f9fc00", -math.inf),
        ("fa3fc00000", 1.5),
        ("5f42616241 63ff", b"abc"),
        ("7f6161626263ff", "abc"),
        ("9f01029f03ffff", [1, 2, [3]]),
        ("bf616101ff", {"a": 1}),
        ("80", []),
        ("a0", {}),
    ],
)
def test_decoding_of(encoded, value):
    assert cbor.loads(bytes.fromhex(encoded)) == value


@pytest.mark.parametrize("encoded", ["43616263", "5f4261624163ff"])
def test_bytes_come_so_that_they_can_be_erased(encoded):
    value = cbor.loads(bytes.fromhex(encoded))
    assert isinstance(value, bytearray) and value == b"abc"


def test_not_a_number_is_decoded():
    assert math.isnan(cbor.loads(bytes.fromhex("f97e00")))


@pytest.mark.parametrize(
    ("encoded", "what"),
    [
        ("", "cut short"),
        ("18", "cut short"),
        ("1b00", "cut short"),
        ("62c3", "cut short"),
        ("5bffffffffffffffff00", "cut short"),
        ("9bffffffffffffffff00", "cut short"),
        ("bbffffffffffffffff0000", "cut short"),
        ("61ff", "UTF-8"),
        ("c001", "tag"),
        ("f7", "simple value"),
        ("f820", "simple value"),
        ("ff", "simple value"),
        ("9f01", "cut short"),
        ("bf6161ff", "simple value"),
        ("1c", "length code"),
        ("1f", "length code"),
        ("3f", "length code"),
        ("5f6161ff", "chunk"),
        ("5f5f4161ffff", "chunk"),
        ("a2616101616102", "repeated"),
        ("a1f501", "key"),
        ("a1416101", "key"),
        ("a18001", "deep"),
        ("0000", "after"),
        ("81" * 9 + "00", "deep"),
        ("9f" * 60000, "deep"),
    ],
)
def test_rejects_with_a_reason(encoded, what):
    with pytest.raises(cbor.CborError, match=what):
        cbor.loads(bytes.fromhex(encoded))


@pytest.mark.parametrize("value", [2**64, -(2**64) - 1, object(), {1.5: 1}, {True: 1}, {b"a": 1}])
def test_does_not_encode(value):
    with pytest.raises(cbor.CborError):
        cbor.dumps(value)


def test_does_not_encode_what_it_would_not_decode():
    value = []
    for _ in range(cbor.DEPTH_MAX):
        value = [value]
    with pytest.raises(cbor.CborError, match="deep"):
        cbor.dumps(value)


def test_a_full_buffer_is_told_apart_and_not_overrun():
    buf = bytearray(8)
    with pytest.raises(cbor.CborFull):
        cbor.Encoder(buf, 4).encode("abcdef")
    assert len(buf) == 8
    encoder = cbor.Encoder(buf, 4)
    encoder.encode("abc")
    assert (encoder.at, bytes(buf[4:])) == (8, b"\x63abc")
