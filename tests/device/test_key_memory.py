"""Keys that came with the PIN are gone once the handset is locked: nowhere in its memory, and
neither is the PIN. Once it has been wiped, they are nowhere at all.

The keys are those which the format's independent reader derives from flash image, device secret and
PIN. All that the process holds is searched for them and for what ciphers make of them: of the
virtual handset itself, or of the emulator with the RAM of the machine in it.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import reader_keys
import serial
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from handsetctl.bench.virtual_bench import VirtualBench
from handsetctl.device import Device
from handsetctl.errors import CommandRefused, WrongPin
from handsetctl.store.device_store import DeviceStore
from handsetctl.tree import BOARDS_DIR
from tools import toml_subset

PROBE = Path(__file__).with_name("store_probe.py")
READY_TIMEOUT_S = 60.0
ANSWER_TIMEOUT_S = 120.0
PIN = "271828"
DOMAINS = {reader_keys.PROFESSIONAL: "professional", reader_keys.PERSONAL: "personal"}
CHUNK_BYTES = 1 << 24
LONGEST_NEEDLE = 32


class Keeper:
    """The handset's keeper, called from here."""

    def __init__(self, port: str) -> None:
        self._serial = serial.serial_for_url(port, timeout=ANSWER_TIMEOUT_S)

    def close(self) -> None:
        self._serial.close()

    def call(self, name: str, *args: Any) -> Any:
        return self._ask({"call": name, "args": args})

    def read(self, name: str) -> Any:
        return self._ask({"call": name})

    def _ask(self, request: dict[str, Any]) -> Any:
        self._serial.write(json.dumps(request).encode() + b"\n")
        while True:
            line = self._serial.readline()
            assert line, "the probe did not answer in time"
            if line.startswith(b"=") and not line.startswith(b"=ready"):
                answer = json.loads(line[1:])
                assert "error" not in answer, answer
                return answer["result"]


@pytest.fixture
def bench(board_name: str, tmp_path: Path) -> Iterator[VirtualBench]:
    with VirtualBench(tmp_path, names=("A",), board=board_name, main=PROBE) as running:
        running.wait_ready(READY_TIMEOUT_S)
        yield running


@pytest.fixture
def keeper(bench: VirtualBench) -> Iterator[Keeper]:
    keeper = Keeper(bench["A"].port)
    yield keeper
    keeper.close()


def store_image(board: str, flash: bytes) -> bytes:
    """The store's partition of the handset's flash."""
    parts = toml_subset.load(BOARDS_DIR / board / "board.toml")["flash"]["partition"]
    (store,) = [part for part in parts if part["name"] == "store"]
    return flash[store["offset_bytes"] : store["offset_bytes"] + store["size_bytes"]]


def store_salt(image: bytes) -> bytes:
    """That of the first sector that has been opened."""
    found = re.search(rb"HST1.{12}((?!\xff{8}).{8})", image, re.DOTALL)
    assert found
    return found[1]


def newest_keys(
    image: bytes, device: reader_keys.DeviceKeys
) -> tuple[bytes, dict[int, reader_keys.DomainKeys]]:
    """The body of KEYS that the PIN opens, and what is in it."""
    for head in re.finditer(rb"[\x06\x86]\x15\xff\xff\0{5}[\0\1]", image):
        body = image[head.start() + 22 :][: reader_keys.KEYS_BYTES]
        opened = reader_keys.open_keys(body, device, PIN)
        if set(DOMAINS) <= set(opened):
            return body, opened
    raise AssertionError("no keys that the PIN opens")


def wrapped_keys(board: str, folder: Path) -> bytes:
    """Professional and personal as they are in the flash."""
    image = store_image(board, (folder / "flash.bin").read_bytes())
    secret = (folder / "device_secret.bin").read_bytes()
    body, _ = newest_keys(image, reader_keys.DeviceKeys(secret, store_salt(image)))
    return body[145:329]


def needles(board: str, folder: Path) -> dict[str, bytes]:
    """What must not be found, by name: keys, and what is made of them to be used."""
    image = store_image(board, (folder / "flash.bin").read_bytes())
    secret = (folder / "device_secret.bin").read_bytes()
    device = reader_keys.DeviceKeys(secret, store_salt(image))
    body, opened = newest_keys(image, device)
    rounds = int.from_bytes(body[1:5], "little")
    assert rounds >= 10_000
    found = {"PIN KEK": device.pin_kek(PIN, body[5:21], rounds)}
    for domain, name in DOMAINS.items():
        keys = opened[domain]
        assert keys.private is not None
        found[f"{name} key"] = keys.key
        found[f"{name} key schedule"] = next_round_keys(keys.key)
        found[f"{name} nonce key"] = reader_keys.sealing_keys(keys, b"")[1]
        # Without the ends, whose bits X25519 sets.
        found[f"{name} private key"] = keys.private.private_bytes_raw()[1:31]
        for half, product in enumerate(gcm_halves(keys.key)):
            found[f"{name} GCM table {half}"] = product
            found[f"{name} GCM table {half}, turned"] = product[::-1]
    return found


def encrypt_block(key: bytes, block: bytes) -> bytes:
    encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
    return encryptor.update(block) + encryptor.finalize()


def gcm_halves(key: bytes) -> tuple[bytes, bytes]:
    """The number by which GCM multiplies, in words of 64 bits, as tables begin with it."""
    product = encrypt_block(key, bytes(16))
    return product[:8], product[8:]


def s_box() -> bytes:
    """FIPS 197, 5.1.1: inverse in GF(2^8), then an affine map."""
    box = bytearray(256)
    p = q = 1
    while True:
        p ^= (p << 1) ^ (0x11B if p & 0x80 else 0)
        p &= 0xFF
        q ^= q << 1
        q ^= q << 2
        q ^= q << 4
        q &= 0xFF
        q ^= 0x09 if q & 0x80 else 0
        turned = [(q << n | q >> (8 - n)) & 0xFF for n in range(5)]
        box[p] = turned[0] ^ turned[1] ^ turned[2] ^ turned[3] ^ turned[4] ^ 0x63
        if p == 1:
            break
    box[0] = 0x63
    return bytes(box)


def next_round_keys(key: bytes) -> bytes:
    """The first words of AES-256's key schedule that are not the key itself (FIPS 197, 5.2)."""
    box = s_box()
    words = [key[i : i + 4] for i in range(0, 32, 4)]
    for i in range(8, 12):
        word = words[i - 1]
        if i == 8:
            word = bytes(box[byte] for byte in word[1:] + word[:1])
            word = bytes([word[0] ^ 1]) + word[1:]
        words.append(bytes(a ^ b for a, b in zip(words[i - 8], word, strict=True)))
    return b"".join(words[8:])


def regions(pid: int) -> Iterator[tuple[int, int]]:
    """All that the process can read, but the kernel's own pages."""
    for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
        span, access, *_, name = (line + " .").split()[:6] + [line.split()[-1]]
        if access.startswith("r") and name not in ("[vvar]", "[vvar_vclock]", "[vsyscall]"):
            start, end = (int(word, 16) for word in span.split("-"))
            yield start, end


def found_in_memory(pid: int, wanted: dict[str, bytes]) -> set[str]:
    """Names of what is somewhere in the process's memory."""
    found = set()
    n_bytes = 0
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for start, end in regions(pid):
            for at in range(start, end, CHUNK_BYTES):
                memory.seek(at)
                try:
                    data = memory.read(min(CHUNK_BYTES + LONGEST_NEEDLE, end - at))
                except OSError:
                    continue  # memory of a device, or of a file beyond its end
                n_bytes += len(data)
                found |= {name for name, needle in wanted.items() if needle in data}
    assert n_bytes > 1_000_000
    return found


def test_no_key_of_a_locked_domain_is_in_memory(
    board_name: str, bench: VirtualBench, keeper: Keeper
) -> None:
    pid = bench["A"].pid
    assert pid is not None
    assert keeper.read("state") == "ready"
    assert keeper.call("change_pin", "", PIN, True) is True
    wanted = needles(board_name, bench["A"].state_dir)

    for domain in DOMAINS:
        assert keeper.call("use", domain)
    unlocked = found_in_memory(pid, wanted)
    assert {"professional key", "personal key"} <= unlocked, "the search finds what is there"
    assert "PIN KEK" not in unlocked, "it goes with the check it was made for"

    keeper.call("lock")
    assert keeper.read("locked") is True
    assert found_in_memory(pid, wanted) == set()

    assert keeper.call("unlock", PIN, False) is True
    found = found_in_memory(pid, wanted)
    assert "professional key" in found
    assert not {name for name in found if name.startswith(("personal", "PIN"))}
    assert keeper.call("use", reader_keys.PROFESSIONAL)
    keeper.call("lock")
    assert found_in_memory(pid, wanted) == set()


def traces(name: str, pin: str) -> dict[str, bytes]:
    """What must not be found of a PIN: its digits, what HMAC makes of them first, and the lines in
    which they came, wherever in a group of three bytes they began."""
    found = {name: pin.encode()}
    for pad in (0x36, 0x5C):
        found[f"{name} with {pad:#x}"] = bytes(byte ^ pad for byte in pin.encode())
    for n_before in range(3):
        whole = base64.b64encode(bytes(n_before) + pin.encode())
        found[f"{name} in base64 from {n_before}"] = whole[4:20]
    return found


def test_no_pin_that_came_over_the_link_is_in_memory(board_name: str, tmp_path: Path) -> None:
    """Right, wrong or refused, the first one or another."""
    names = ("first", "second", "wrong", "refused", "no PIN")
    pins = {name: str(n) * 4 + "71938265" + str(n) * 4 for n, name in enumerate(names)}
    wanted: dict[str, bytes] = {}
    for name, pin in pins.items():
        wanted |= traces(name, pin)
    with VirtualBench(tmp_path, names=("A",), board=board_name) as bench:
        bench.wait_ready(READY_TIMEOUT_S)
        pid = bench["A"].pid
        assert pid is not None
        with Device.open(bench["A"].port) as device:
            store = DeviceStore(device)
            store.change_pin("", pins["first"])
            store.change_pin(pins["first"], pins["second"])
            with pytest.raises(WrongPin):
                store.unlock(pins["wrong"])
            store.unlock(pins["second"])
            store._call("unlock", {"pin": pins["second"].encode()})
            with pytest.raises(CommandRefused):
                store._call("unlock", {"pin": pins["refused"].encode()})
            store.lock()
            device.echo(pins["no PIN"])
            found = found_in_memory(pid, wanted)
    assert "no PIN" in found, "the search finds what is there"
    assert {name for name in found if not name.startswith("no PIN")} == set()


def test_too_many_wrong_pins_leave_nothing_of_the_keys_anywhere(
    board_name: str, bench: VirtualBench, keeper: Keeper
) -> None:
    handset = bench["A"]
    assert keeper.call("change_pin", "", PIN, True) is True
    keeper.call("provision", {"tries_max": 3})
    wanted = needles(board_name, handset.state_dir)
    wanted["wrapped keys"] = wrapped_keys(board_name, handset.state_dir)
    handset.power_off()
    handset.power_on()
    bench.wait_ready(READY_TIMEOUT_S)

    assert keeper.read("locked") is True
    assert keeper.call("tries_left") == 3
    assert [keeper.call("unlock", "314159", True) for _ in range(3)] == [False] * 3
    assert keeper.read("state") == "ready"
    assert keeper.read("pin_set") is False
    assert keeper.call("tries_left") == 10
    assert handset.pid is not None
    assert found_in_memory(handset.pid, wanted) <= {"wrapped keys"}, "what was read may linger"
    assert wanted["wrapped keys"] not in (handset.state_dir / "flash.bin").read_bytes()
