"""Custody of the store's keys: every answer against the format's own arithmetic above OpenSSL."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from custody_judge import (
    HEAD_BYTES,
    KEYS_BYTES,
    PERSONAL,
    PROFESSIONAL,
    SERVICE,
    BoxChain,
    Device,
    Sealed,
    hkdf,
    mac_of,
    nonce_of,
    seal,
    stretch,
)
from vault_programs import Oracle, unhex

DEVICE = Device(bytes(range(100, 132)), b"storsalt")
PIN, PIN_SALT, ROUNDS = b"4711", bytes(range(16)), 40
AAD = bytes(range(12))
DOMAINS = (SERVICE, PROFESSIONAL, PERSONAL)
# What `search` must find before it is worth anything that it finds nothing.
Keys = dict[str, bytes]


class Custody(Oracle):
    """programs/custody.c, by the words of the contract."""

    def do(self, question: str, *words: bytes | int) -> None:
        """What must succeed, and has no more to say."""
        assert self.ask(question, *words) == ["done"]

    def refused(self, question: str, *words: bytes | int) -> str:
        """The reason."""
        reason = self.ask(question, *words)[0]
        assert reason != "done"
        return reason

    def made(self, question: str, *words: bytes | int) -> list[bytes]:
        """Words of an answer that begins with "done"."""
        verdict, *answer = self.ask(question, *words)
        assert verdict == "done"
        return [unhex(word) for word in answer]

    def wrapped(self, generation: int = 1) -> bytes:
        (body,) = self.made("wrap", generation)
        return body

    def enter(self, pin: bytes, salt: bytes = PIN_SALT, rounds: int = ROUNDS) -> None:
        """Compute the PIN's key to its end."""
        self.do("pin_begin", pin, salt, rounds)
        assert self.ask("pin_step", rounds) == ["done", "there"]

    def is_open(self, domain: int) -> bool:
        return self.ask("is_open", domain) == ["open"]

    def sealed(self, domain: int, aad: bytes, version: int, text: bytes) -> Sealed:
        cipher, tag, salt = self.made("seal", domain, aad, version, text)
        return Sealed(cipher, tag, salt)

    def unsealed(self, domain: int, aad: bytes, version: int, record: Sealed) -> bytes:
        words = (record.salt, record.text, record.tag)
        (text,) = self.made("open", domain, aad, version, *words)
        return text

    def boxed(self, domain: int, version: int, text: bytes) -> tuple[bytes, Sealed]:
        box, cipher, tag, salt = self.made("seal_box", domain, AAD, version, text)
        return box, Sealed(cipher, tag, salt)

    def unboxed(self, domain: int, version: int, box: bytes, record: Sealed) -> list[str]:
        words = (box, record.salt, record.text, record.tag)
        return self.ask("open_box", domain, AAD, version, *words)

    def found(self, bytes_: bytes) -> int:
        """How often they stand in static memory."""
        (n,) = self.ask("search", bytes_)
        return int(n)


@pytest.fixture
def custody(programs: Path) -> Iterator[Custody]:
    """On a device with a secret, begun."""
    running = Custody(programs / "custody")
    running.do("secret", DEVICE.secret)
    running.do("begin", DEVICE.store_salt)
    yield running
    running.close()


@pytest.fixture
def body(custody: Custody) -> bytes:
    """Keys that custody drew and wrapped; all are open."""
    custody.do("create")
    custody.enter(PIN)
    return custody.wrapped()


def again(custody: Custody, body: bytes, device: Device = DEVICE) -> None:
    """After a restart, with the PIN entered."""
    custody.do("forget")
    custody.do("secret", device.secret)
    custody.do("begin", device.store_salt)
    custody.do("load", body)
    custody.enter(PIN)


# --- what the device gives ----------------------------------------------------------------------


def test_macs_are_under_the_chain_key(custody: Custody) -> None:
    dice = random.Random(1)
    for _ in range(100):
        pieces = [dice.randbytes(dice.choice((0, 3, 8, 64, 200))) for _ in range(4)]
        (mac,) = custody.made("mac", *pieces)
        assert mac == mac_of(DEVICE.chain_key, *pieces)[:8]


def test_name_ids_are_under_the_name_key(custody: Custody) -> None:
    for domain in DOMAINS:
        for name in (b"", b"contact", "réseau".encode(), bytes(300)):
            (name_id,) = custody.made("name", domain, name)
            assert name_id == mac_of(DEVICE.name_key, bytes([domain]), name)[:6]


def test_another_salt_or_device_has_other_keys(custody: Custody) -> None:
    macs = set()
    for device in (DEVICE, Device(DEVICE.secret, b"saltstor"), Device(bytes(32), b"storsalt")):
        custody.do("secret", device.secret)
        custody.do("begin", device.store_salt)
        (mac,) = custody.made("mac", b"sector", b"", b"", b"")
        assert mac == mac_of(device.chain_key, b"sector")[:8]
        macs.add(mac)
    assert len(macs) == 3


def test_without_a_device_secret_there_is_nothing(custody: Custody) -> None:
    custody.do("secret", b"")
    assert custody.refused("begin", DEVICE.store_salt) == "no_secret"
    # Nor what was there before.
    for question in (("mac", b"a"), ("name", 2, b"a"), ("create",), ("load", bytes(KEYS_BYTES))):
        assert custody.refused(*question) == "not_begun"
    assert not any(custody.bytes("state"))


# --- keys drawn, wrapped, unwrapped -------------------------------------------------------------


def test_created_keys_are_open_and_wrapped_as_the_format_says(
    custody: Custody, body: bytes
) -> None:
    assert all(custody.is_open(domain) for domain in DOMAINS)
    assert len(body) == KEYS_BYTES
    assert body[0] == 1
    assert body[1:21] == ROUNDS.to_bytes(4, "little") + PIN_SALT
    secrets = DEVICE.unwrap(body, PIN)
    for at, domain in ((21, PROFESSIONAL), (53, PERSONAL)):
        private = X25519PrivateKey.from_private_bytes(secrets[domain][32:])
        assert private.public_key().public_bytes_raw() == body[at : at + 32]
    assert len({secret[i : i + 32] for secret in secrets.values() for i in (0, 32)} - {b""}) == 5
    with pytest.raises(InvalidTag):
        DEVICE.unwrap(body, b"4712")


def test_wrapping_again_changes_nonces_and_generation_alone(custody: Custody, body: bytes) -> None:
    second = custody.wrapped(0xFFFFFFFF)
    assert second[:HEAD_BYTES] == body[:HEAD_BYTES]
    assert DEVICE.unwrap(second, PIN) == DEVICE.unwrap(body, PIN)
    assert body[-8:] == (1).to_bytes(8, "little")
    assert second[-8:] == bytes.fromhex("ffffffff00000000")
    nonces = {each[at : at + 12] for each in (body, second) for at in (85, 145, 237)}
    assert len(nonces) == 6


def test_creating_again_draws_other_keys(custody: Custody, body: bytes) -> None:
    custody.do("create")
    custody.enter(PIN)
    before, after = DEVICE.unwrap(body, PIN), DEVICE.unwrap(custody.wrapped(), PIN)
    assert all(before[domain] != after[domain] for domain in DOMAINS)


@pytest.mark.parametrize("personal", [0, 1])
def test_the_right_pin_opens_what_is_asked_for(
    custody: Custody, body: bytes, personal: int
) -> None:
    again(custody, body)
    assert [custody.is_open(domain) for domain in DOMAINS] == [True, False, False]
    custody.do("unlock", body, personal)
    assert [custody.is_open(domain) for domain in DOMAINS] == [True, True, bool(personal)]


def test_the_wrong_pin_opens_nothing(custody: Custody, body: bytes) -> None:
    again(custody, body)
    for pin in (b"", b"471", b"4712", b"47110"):
        custody.enter(pin)
        assert custody.refused("unlock", body, 1) == "not_authentic"
        assert not custody.is_open(PROFESSIONAL) and not custody.is_open(PERSONAL)
    custody.enter(PIN)
    custody.do("unlock", body, 1)


def test_no_pin_set_is_no_pin_at_all(custody: Custody) -> None:
    custody.do("create")
    custody.enter(b"", rounds=0)
    body = custody.wrapped()
    assert body[1:5] == bytes(4)
    assert DEVICE.unwrap(body, b"whatever")
    again(custody, body)
    assert custody.refused("unlock", body, 1) == "not_authentic"
    custody.enter(b"ignored", rounds=0)
    custody.do("unlock", body, 1)


def test_keys_of_another_hand_open(custody: Custody) -> None:
    """Wrapped by the judge."""
    dice = random.Random(2)
    secrets = {domain: dice.randbytes(n) for domain, n in zip(DOMAINS, (32, 64, 64), strict=True)}
    body = DEVICE.wrap(secrets, PIN, PIN_SALT, ROUNDS)
    again(custody, body)
    custody.do("unlock", body, 1)
    assert DEVICE.unwrap(custody.wrapped(), PIN) == secrets


@pytest.mark.parametrize(
    "device", [Device(bytes(32), DEVICE.store_salt), Device(DEVICE.secret, b"saltstor")]
)
def test_keys_of_another_device_or_store_do_not_open(
    custody: Custody, body: bytes, device: Device
) -> None:
    custody.do("secret", device.secret)
    custody.do("begin", device.store_salt)
    assert custody.refused("load", body) == "not_authentic"
    custody.enter(PIN)
    assert custody.refused("unlock", body, 1) == "not_authentic"
    assert not any(custody.is_open(domain) for domain in DOMAINS)


def test_every_changed_byte_of_wrapped_keys_is_noticed(custody: Custody, body: bytes) -> None:
    """But the generation's, which no key wraps: the record around it has a MAC."""
    again(custody, body)
    for at in range(KEYS_BYTES - 8):
        changed = body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
        if at < 145:
            assert custody.refused("load", changed) == "not_authentic", at
        if not HEAD_BYTES <= at < 145:
            wanted = "damaged" if at >= 237 else "not_authentic"
            assert custody.refused("unlock", changed, 1) == wanted, at
        assert not custody.is_open(PROFESSIONAL) and not custody.is_open(PERSONAL)


def test_without_randomness_no_keys_are_made(custody: Custody, body: bytes) -> None:
    for n_bytes in (0, 31, 90, 150):
        custody.do("random_ends", n_bytes)
        assert custody.refused("create") == "no_randomness"
        assert not any(custody.is_open(domain) for domain in DOMAINS)
        custody.do("random_goes_on")
        custody.do("create")  # its source is tested anew before it counts again
    again(custody, body)
    custody.do("unlock", body, 1)
    for n_bytes in (0, 11, 35):
        custody.do("random_ends", n_bytes)
        assert custody.ask("wrap", 1) == ["no_randomness", bytes(KEYS_BYTES).hex()]
        custody.do("random_goes_on")
        custody.wrapped()
    assert DEVICE.unwrap(custody.wrapped(), PIN) == DEVICE.unwrap(body, PIN)


# --- the PIN ------------------------------------------------------------------------------------


@pytest.mark.parametrize("n_slice", [1, 7, 39, 40, 1000])
def test_a_pin_is_computed_in_slices(custody: Custody, body: bytes, n_slice: int) -> None:
    again(custody, body)
    custody.do("pin_begin", PIN, PIN_SALT, ROUNDS)
    # The first round is done when it begins.
    for _ in range(-(-(ROUNDS - 1) // n_slice) - 1):
        assert custody.ask("pin_step", n_slice) == ["done", "running"]
        assert custody.refused("unlock", body, 0) == "no_pin"
        assert custody.refused("wrap", 1) in ("no_pin", "closed")
    assert custody.ask("pin_step", n_slice) == ["done", "there"]
    assert custody.ask("pin_step", 0) == ["done", "there"]
    custody.do("unlock", body, 0)


def test_what_a_pin_is_stretched_to_is_gone_with_its_key(custody: Custody, body: bytes) -> None:
    """Who has the PIN's key has not what a guess of the PIN could be tried on elsewhere."""
    stretched = stretch(PIN, PIN_SALT, ROUNDS)
    custody.do("pin_begin", PIN, PIN_SALT, ROUNDS)
    custody.ask("pin_step", ROUNDS - 2)
    assert custody.found(stretch(PIN, PIN_SALT, ROUNDS - 1)) == 1
    custody.ask("pin_step", 1)
    assert custody.found(stretched) == 0
    assert custody.found(DEVICE.pin_kek(PIN, PIN_SALT, ROUNDS)) == 1


def test_a_forgotten_pin_is_of_no_use(custody: Custody, body: bytes) -> None:
    for enter in (lambda: custody.enter(PIN), lambda: custody.do("pin_begin", PIN, PIN_SALT, 9)):
        enter()
        custody.do("pin_forget")
        assert custody.refused("wrap", 1) == "no_pin"
        assert custody.refused("unlock", body, 1) == "no_pin"
        assert custody.refused("pin_step", 1) == "no_pin"


def test_wrapping_wants_every_key(custody: Custody, body: bytes) -> None:
    again(custody, body)
    assert custody.refused("wrap", 1) == "closed"
    custody.do("unlock", body, 0)
    assert custody.refused("wrap", 1) == "closed"
    custody.do("unlock", body, 1)
    custody.wrapped()


def test_a_new_pin_keeps_the_keys(custody: Custody, body: bytes) -> None:
    custody.enter(b"0815", bytes(16), 3)
    changed = custody.wrapped(2)
    assert DEVICE.unwrap(changed, b"0815") == DEVICE.unwrap(body, PIN)
    with pytest.raises(InvalidTag):
        DEVICE.unwrap(changed, PIN)


# --- records ------------------------------------------------------------------------------------


def test_records_are_sealed_as_the_format_says(custody: Custody, body: bytes) -> None:
    """In any order of domains, and of every length."""
    secrets, dice = DEVICE.unwrap(body, PIN), random.Random(3)
    for _ in range(300):
        domain, version = dice.choice(DOMAINS), dice.randrange(1 << 32)
        text, aad = dice.randbytes(2 + 16 * dice.randrange(20)), dice.randbytes(12)
        key = secrets[domain][:32]
        wanted = seal(key, hkdf(key, None, b"nonce"), aad, version, text)
        assert custody.sealed(domain, aad, version, text) == wanted
        assert custody.unsealed(domain, aad, version, wanted) == text


def test_what_is_changed_is_noticed_and_zeroed(custody: Custody, body: bytes) -> None:
    record = custody.sealed(PROFESSIONAL, AAD, 7, b"0123456789abcdef..")
    words: list[bytes | int] = [PROFESSIONAL, AAD, 7, record.salt, record.text, record.tag]
    for i, word in enumerate(words):
        if isinstance(word, int):
            changes: list[bytes | int] = [word ^ 1]
        else:
            changes = [
                word[:at] + bytes([word[at] ^ 1]) + word[at + 1 :] for at in range(len(word))
            ]
        for change in changes:
            answer = custody.ask("open", *words[:i], change, *words[i + 1 :])
            assert answer == ["not_authentic", bytes(18).hex()]
    assert custody.unsealed(PROFESSIONAL, AAD, 7, record)


@pytest.mark.parametrize("domain", [PROFESSIONAL, PERSONAL])
def test_a_closed_domain_neither_seals_nor_opens(
    custody: Custody, body: bytes, domain: int
) -> None:
    record = custody.sealed(domain, AAD, 7, b"text")
    custody.do("lock")
    assert custody.ask("seal", domain, AAD, 7, b"text") == ["closed", b"text".hex()]
    words = (record.salt, record.text, record.tag)
    assert custody.refused("open", domain, AAD, 7, *words) == "closed"
    assert custody.sealed(SERVICE, AAD, 7, b"text")


# --- boxes --------------------------------------------------------------------------------------


def steps_of(boxes: list[bytes]) -> list[int]:
    return [int.from_bytes(box[32:], "little") for box in boxes]


def test_boxes_are_sealed_as_the_format_says(custody: Custody, body: bytes) -> None:
    """By one who is locked, for two domains in turns, over three sessions."""
    secrets, dice = DEVICE.unwrap(body, PIN), random.Random(4)
    sessions: dict[int, list[bytes]] = {PROFESSIONAL: [], PERSONAL: []}
    for _ in range(3):
        custody.do("lock")
        boxes: dict[int, list[bytes]] = {PROFESSIONAL: [], PERSONAL: []}
        for i in range(10):
            domain, version = dice.choice((PROFESSIONAL, PERSONAL)), dice.randrange(1 << 32)
            text = dice.randbytes(2 + 16 * (i % 4))
            box, record = custody.boxed(domain, version, text)
            step = len(boxes[domain])
            chain = BoxChain.read(secrets[domain][32:], box[:32], step)
            assert record == seal(chain.key(step), chain.nonce_key(step), AAD + box, version, text)
            boxes[domain].append(box)
        for domain, written in boxes.items():
            assert steps_of(written) == list(range(len(written)))
            assert len({box[:32] for box in written}) == 1
            sessions[domain].append(written[0][:32])
    assert len({session for each in sessions.values() for session in each}) == 6


def test_boxes_are_opened_in_any_order(custody: Custody, body: bytes) -> None:
    dice = random.Random(5)
    written = []
    for _ in range(3):
        custody.do("lock")
        for i in range(12):
            domain, text = dice.choice((PROFESSIONAL, PERSONAL)), dice.randbytes(18)
            written.append((domain, i, text, *custody.boxed(domain, i, text)))
    again(custody, body)
    custody.do("unlock", body, 1)
    for _ in range(3):
        dice.shuffle(written)
        for domain, version, text, box, record in written:
            assert custody.unboxed(domain, version, box, record) == ["done", text.hex()]


def test_boxes_of_another_hand_open(custody: Custody, body: bytes) -> None:
    """Sealed by the judge, far into a session."""
    session = X25519PrivateKey.from_private_bytes(random.Random(6).randbytes(32))
    chain = BoxChain.write(session, body[21:53], 700)
    for step in (0, 1, 700, 255, 256):
        box = session.public_key().public_bytes_raw() + step.to_bytes(2, "little")
        record = seal(chain.key(step), chain.nonce_key(step), AAD + box, 9, b"by the judge 123")
        answer = custody.unboxed(PROFESSIONAL, 9, box, record)
        assert answer == ["done", b"by the judge 123".hex()]


def test_a_changed_box_is_noticed_and_the_next_one_opens(custody: Custody, body: bytes) -> None:
    custody.do("lock")
    box, record = custody.boxed(PERSONAL, 3, b"sixteen bytes...")
    second = custody.boxed(PERSONAL, 4, b"sixteen bytes+++")
    again(custody, body)
    custody.do("unlock", body, 1)
    for at in range(34):
        changed = box[:at] + bytes([box[at] ^ (1 if at < 32 else 4)]) + box[at + 1 :]
        if at == 33:
            continue  # a step in the thousands: as wrong, and slow
        assert custody.unboxed(PERSONAL, 3, changed, record) == ["not_authentic", bytes(16).hex()]
    no_key = bytes(32) + box[32:]
    assert custody.unboxed(PERSONAL, 3, no_key, record) == ["not_authentic", bytes(16).hex()]
    assert custody.unboxed(PROFESSIONAL, 3, box, record)[0] == "not_authentic"
    assert custody.unboxed(PERSONAL, 4, *second) == ["done", b"sixteen bytes+++".hex()]
    assert custody.unboxed(PERSONAL, 3, box, record) == ["done", b"sixteen bytes...".hex()]


def test_keys_of_another_store_bring_sessions_of_their_own(custody: Custody, body: bytes) -> None:
    """A session that went on would be sealed for a key that nobody has any more."""
    custody.boxed(PROFESSIONAL, 1, b"text")
    secrets = {domain: random.Random(domain).randbytes(64) for domain in (PROFESSIONAL, PERSONAL)}
    other = DEVICE.wrap({SERVICE: bytes(32), **secrets}, PIN, PIN_SALT, ROUNDS)
    custody.do("load", other)
    assert [custody.is_open(domain) for domain in DOMAINS] == [True, False, False]
    box, record = custody.boxed(PROFESSIONAL, 2, b"sixteen bytes...")
    assert steps_of([box]) == [0]
    chain = BoxChain.read(secrets[PROFESSIONAL][32:], box[:32], 0)
    wanted = seal(chain.key(0), chain.nonce_key(0), AAD + box, 2, b"sixteen bytes...")
    assert record == wanted


def test_loading_the_same_keys_again_changes_nothing(custody: Custody, body: bytes) -> None:
    boxes = [custody.boxed(PROFESSIONAL, 1, b"text")[0]]
    custody.do("load", body)
    assert all(custody.is_open(domain) for domain in DOMAINS)
    boxes.append(custody.boxed(PROFESSIONAL, 2, b"text")[0])
    assert steps_of(boxes) == [0, 1]


def test_who_writes_boxes_can_not_read_them(custody: Custody, body: bytes) -> None:
    custody.do("lock")
    box, record = custody.boxed(PROFESSIONAL, 3, b"text")
    assert custody.unboxed(PROFESSIONAL, 3, box, record)[0] == "closed"


def test_service_has_no_boxes_and_nobody_has_before_keys_are_loaded(custody: Custody) -> None:
    assert custody.refused("seal_box", PROFESSIONAL, AAD, 1, b"text") == "closed"
    custody.do("create")
    assert custody.refused("seal_box", SERVICE, AAD, 1, b"text") == "closed"


def test_without_randomness_no_session_begins(custody: Custody, body: bytes) -> None:
    custody.do("lock")
    custody.do("random_ends", 0)
    answer = custody.ask("seal_box", PROFESSIONAL, AAD, 1, b"text")
    assert answer == ["no_randomness", b"text".hex()]
    custody.do("random_goes_on")
    box, _ = custody.boxed(PROFESSIONAL, 1, b"text")
    custody.do("random_ends", 0)
    assert steps_of([box, custody.boxed(PROFESSIONAL, 2, b"text")[0]]) == [0, 1]


def test_a_long_session_is_followed_by_another(custody: Custody, body: bytes) -> None:
    custody.do("lock")
    boxes = [custody.boxed(PROFESSIONAL, i, b"text")[0] for i in range(258)]
    assert steps_of(boxes) == [*range(256), 0, 1]
    assert len({box[:32] for box in boxes[:256]}) == 1
    assert boxes[256][:32] == boxes[257][:32] != boxes[0][:32]


def test_a_long_session_goes_on_without_randomness(custody: Custody, body: bytes) -> None:
    custody.do("lock")
    first, _ = custody.boxed(PROFESSIONAL, 0, b"text")
    custody.do("random_ends", 0)
    boxes = [custody.boxed(PROFESSIONAL, i, b"text")[0] for i in range(1, 300)]
    assert steps_of([first, *boxes]) == list(range(300))
    assert {box[:32] for box in boxes} == {first[:32]}


# --- what is left -------------------------------------------------------------------------------


def all_keys(body: bytes, sessions: dict[int, tuple[bytes, int]]) -> dict[str, Keys]:
    """Every secret that custody may hold, by what must erase it."""
    secrets = DEVICE.unwrap(body, PIN)
    device = {"name key": DEVICE.name_key, "device KEK": DEVICE.kek, "pepper": DEVICE.pepper}
    device["service"] = secrets[SERVICE]
    device["nonce key of service"] = hkdf(secrets[SERVICE], None, b"nonce")
    pin = {"PIN KEK": DEVICE.pin_kek(PIN, PIN_SALT, ROUNDS)}
    for domain in (PROFESSIONAL, PERSONAL):
        key, private = secrets[domain][:32], secrets[domain][32:]
        pin |= {f"key {domain}": key, f"private key {domain}": private}
        pin[f"nonce key {domain}"] = hkdf(key, None, b"nonce")
    writing = {}
    for domain, (session, step) in sessions.items():
        chain = BoxChain.read(secrets[domain][32:], session, step + 1)
        writing[f"chain {domain}"] = chain.chains[step + 1]
    return {"device": device, "pin": pin, "writing": writing}


def test_forgetting_leaves_no_key_in_memory(custody: Custody, body: bytes) -> None:
    """After lock only what the device has by itself; after forget nothing at all."""
    sessions = {}
    for domain in (PROFESSIONAL, PERSONAL):
        box, record = custody.boxed(domain, 5, b"text")
        assert custody.unboxed(domain, 5, box, record)[0] == "done"
        custody.sealed(domain, AAD, 6, b"more")
        sessions[domain] = (box[:32], 0)
    keys = all_keys(body, sessions)
    read = BoxChain.read(DEVICE.unwrap(body, PIN)[PERSONAL][32:], sessions[PERSONAL][0], 1)
    keys["writing"] |= {"chain read": read.chains[0]}
    for part in keys.values():
        for name, key in part.items():
            assert custody.found(key) >= 1, f"{name} was not there: the search proves nothing"
    custody.do("lock")
    for name, key in {**keys["pin"], **keys["writing"]}.items():
        assert custody.found(key) == 0, f"{name} outlived lock"
    assert all(custody.found(key) == 1 for key in keys["device"].values())
    custody.do("forget")
    for part in keys.values():
        assert {name: custody.found(key) for name, key in part.items()} == dict.fromkeys(part, 0)
    assert custody.found(DEVICE.chain_key) == custody.found(DEVICE.secret) == 0
    state = custody.bytes("state")
    assert len(state) > 2000 and not any(state)


def test_lock_leaves_what_begin_and_load_gave_and_nothing_more(
    custody: Custody, body: bytes
) -> None:
    """Byte for byte: schedules of ciphers and prepared keys, which no search would know, too."""
    custody.do("begin", DEVICE.store_salt)
    custody.do("load", body)
    fresh = custody.bytes("state")
    custody.enter(PIN)
    custody.do("unlock", body, 1)
    box, record = custody.boxed(PERSONAL, 1, b"text")
    custody.unboxed(PERSONAL, 1, box, record)
    custody.sealed(PERSONAL, AAD, 1, b"text")
    custody.do("pin_begin", PIN, PIN_SALT, ROUNDS)
    assert custody.bytes("state") != fresh
    custody.do("lock")
    assert custody.bytes("state") == fresh


def test_the_key_of_a_box_is_gone_with_it(custody: Custody, body: bytes) -> None:
    """Nobody who finds the handset later reads what it wrote while it was locked."""
    custody.do("lock")
    for version in range(3):
        box, record = custody.boxed(PROFESSIONAL, version, b"sixteen bytes...")
        step = steps_of([box])[0]
        chain = BoxChain.read(DEVICE.unwrap(body, PIN)[PROFESSIONAL][32:], box[:32], step + 1)
        for key in (chain.chains[step], chain.key(step), chain.nonce_key(step)):
            assert custody.found(key) == 0
        assert custody.found(chain.chains[step + 1]) == 1
        sealed = record.text + record.tag
        nonce = nonce_of(record.salt, version)
        assert AESGCM(chain.key(step)).decrypt(nonce, sealed, AAD + box) == b"sixteen bytes..."


def test_beginning_again_forgets_what_was_open(custody: Custody, body: bytes) -> None:
    custody.do("begin", DEVICE.store_salt)
    assert not any(custody.is_open(domain) for domain in DOMAINS)
    assert custody.refused("wrap", 1) == "closed"
    assert custody.refused("seal_box", PROFESSIONAL, AAD, 1, b"text") == "closed"
    for secret in DEVICE.unwrap(body, PIN).values():
        assert custody.found(secret[:32]) == 0
