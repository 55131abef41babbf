"""Reads an image of the store; written from firmware/handset/store/README.md alone.

`read(image, device secret, PIN)` says what is stored, what is damaged and how far the log goes.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from reader_keys import KEYS_BYTES, DeviceKeys, DomainKeys, hmac_sha256, open_keys, sealing_keys

VALUE, NAME, ENTRY, DELETE, RELEASE, KEYS, TRIES, JOURNAL, WIPE = range(1, 10)
SEALED = (VALUE, NAME, ENTRY, JOURNAL)
BOXED = 0x40
LAST = 0x80
MAGIC = b"HST1"
MARK = b"\x00\x5a\xa5\x00"
HEADER_BYTES = 52
HEAD_BYTES = 22
BOX_BYTES = 2 + 34
ERASED = 0xFF

Damage = tuple[str, int, int]


@dataclass(frozen=True)
class Record:
    """A record as it stands in a sector."""

    data: bytes
    sector: int
    offset: int

    kind = property(lambda self: self.data[0] & 15)
    domain = property(lambda self: self.data[0] >> 4 & 3)
    last = property(lambda self: bool(self.data[0] & LAST))
    life = property(lambda self: int.from_bytes(self.data[2:4], "little"))
    id = property(lambda self: self.data[4:10])
    version = property(lambda self: int.from_bytes(self.data[10:14], "little"))
    salt = property(lambda self: self.data[14:22])
    mac = property(lambda self: self.data[-8:])
    tag = property(lambda self: self.data[-24:-8] if self.kind in SEALED else b"")

    @cached_property
    def box(self) -> bytes:
        """Without the two bytes before it that nobody looks at."""
        return self.data[HEAD_BYTES + 2 : self._body_at] if self.data[0] & BOXED else b""

    @property
    def _body_at(self) -> int:
        return HEAD_BYTES + BOX_BYTES * bool(self.data[0] & BOXED)

    @cached_property
    def body(self) -> bytes:
        return self.data[self._body_at : self._body_at + 2 + 16 * self.data[1]]

    @property
    def end(self) -> int:
        """Where its mark or the next record stands."""
        return self.offset + len(self.data)

    @property
    def is_alive(self) -> bool:
        """Its life does not say that there is a newer one."""
        return self.life.bit_count() >= 12

    @property
    def bound(self) -> bytes:
        """The additional data of its sealing."""
        return bytes([self.data[0] & 0x7F]) + self.data[1:2] + self.data[4:14] + self.box

    def mac_parts(self) -> tuple[bytes, ...]:
        end = b"" if self.kind == KEYS else self.tag or self.body
        return self.data[:2], self.data[4:22], end

    def unseal(self, keys: DomainKeys) -> bytes | None:
        """The text; None when it is not authentic."""
        key, nonce_key = sealing_keys(keys, self.box)
        nonce = self.salt + self.data[10:14]
        try:
            text = AESGCM(key).decrypt(nonce, self.body + self.tag, self.bound)
        except InvalidTag:
            return None
        n_bytes = int.from_bytes(text[:2], "little")
        assert hmac_sha256(nonce_key, self.bound + text)[:8] == self.salt, "salt follows from text"
        assert n_bytes <= len(text) - 2 < n_bytes + 16 or not n_bytes
        assert not any(text[2 + n_bytes :]), "padded with zeros"
        return text[2 : 2 + n_bytes]


def record_at(data: bytes, sector: int, offset: int) -> Record | None:
    """What would be the record at this place; None if nothing like one can stand there."""
    kind, units = data[offset : offset + 1] or b"\0", data[offset + 1 : offset + 2] or b"\0"
    is_sealed = kind[0] & 15 in SEALED
    n_bytes = HEAD_BYTES + 2 + 16 * units[0] + 16 * is_sealed + 8
    n_bytes += BOX_BYTES if kind[0] & BOXED else 0
    if not VALUE <= kind[0] & 15 <= WIPE or is_sealed != bool(kind[0] >> 4 & 3):
        return None
    if kind[0] & BOXED and not is_sealed or offset + n_bytes > len(data):
        return None
    return Record(data[offset : offset + n_bytes], sector, offset)


# A record behind damage, whether a mark stands before it, and the MAC that it follows.
Found = tuple[Record, bool, bytes]


class Sector:
    """A sector that was opened: what was committed in it."""

    def __init__(self, data: bytes, position: int, device: DeviceKeys) -> None:
        self.data = data
        self.position = position
        self._device = device
        self.sequence = int.from_bytes(data[12:16], "little")
        self.salt = data[16:24]
        self.first_version = int.from_bytes(data[24:28], "little")
        self.is_cold = data[28] == 1
        self.other_head = int.from_bytes(data[29:32], "little")
        self.header_is_right = self._header_is_right()
        self.records: list[Record] = []
        self.altered: list[int] = []
        self.end = HEADER_BYTES
        self.other_end = int.from_bytes(data[32:36], "little")
        self.digest = data[36:44]
        self.last_mac = data[44:52]
        # Of each place where a transaction ended, the last MAC before it.
        self.last_mac_at = {HEADER_BYTES: self.last_mac}
        self._walk()
        self.has_tail = any(byte != ERASED for byte in data[self.end :])

    def _header_is_right(self) -> bool:
        data = self.data
        prefix = data[:4] == MAGIC and all(
            a ^ b == 255 for a, b in zip(data[4:8], data[8:12], strict=True)
        )
        return prefix and self._device.mac(b"sector", data[:44]) == data[44:52]

    @property
    def highest_version(self) -> int:
        return max((record.version for record in self.records), default=-1)

    def element(self, end: int, last_mac: bytes) -> int:
        numbers = (self.position, self.sequence, end)
        parts = b"".join(number.to_bytes(4, "little") for number in numbers)
        return int.from_bytes(self._device.mac(b"element", parts, last_mac), "little")

    def _is_right(self, record: Record | None, previous: bytes) -> bool:
        if record is None:
            return False
        return self._device.mac(previous, *record.mac_parts()) == record.mac

    def _behind(self, damaged: Record | None, previous: bytes) -> Found | None:
        """The record behind one (or behind a header) of which nothing but the MAC is damaged."""
        if previous == self.data[44:52]:
            first = record_at(self.data, self.position, HEADER_BYTES)
            mac = self._device.mac(b"sector", self.data[:44])
            if self._is_right(first, mac):
                assert first
                return first, False, mac
        if damaged is None:
            return None
        mac = self._device.mac(previous, *damaged.mac_parts())
        following = record_at(self.data, self.position, damaged.end + 4 * damaged.last)
        if not self._is_right(following, mac):
            return None
        assert following
        return following, damaged.last, mac

    def _find(self, start: int) -> Found | None:
        """The next record with a right MAC from `start` on."""
        for at in range(start, len(self.data) - 7, 4):
            record = record_at(self.data, self.position, at)
            if record is None:
                continue
            for back in (0, 4):  # nothing, or a mark
                mac = self.data[at - back - 8 : at - back]
                if self._is_right(record, mac):
                    return record, back == 4, mac
        return None

    def _walk(self) -> None:
        """Records one after the other; behind what is damaged, the next one that is right."""
        at = HEADER_BYTES
        previous = self.data[44:52]
        pending: list[Record] = []
        damaged: list[int] = []
        while True:
            record = record_at(self.data, self.position, at)
            if record is None or not self._is_right(record, previous):
                found = self._behind(record, previous) or self._find(at + 4 - at % 4)
                if found is None:
                    break
                record, is_new, mac = found
                self.last_mac_at[record.offset] = mac
                if at < record.offset:
                    damaged.append(at)
                if is_new:
                    self._commit(pending, damaged)
            pending.append(record)
            at, previous = record.end, record.mac
            if record.last and self._is_marked(record):
                self._commit(pending, damaged)
                at += 4
                self.end, self.last_mac = at, previous
                self.last_mac_at[at] = previous
        if self._ends_in_damage(at):
            self._commit(pending, [*damaged, at])

    def _is_marked(self, record: Record) -> bool:
        """Committed: its mark has been begun."""
        return self.data[record.end : record.end + 4].strip(b"\xff") != b""

    def _commit(self, pending: list[Record], damaged: list[int]) -> None:
        self.records += pending
        self.altered += damaged
        pending.clear()
        damaged.clear()

    def _ends_in_damage(self, at: int) -> bool:
        """A mark stands behind a record that is not right: it was committed, and altered since."""
        # The mark ends in a byte that is not ff, so nothing of it is stripped.
        used = len(self.data[at:].rstrip(b"\xff"))
        end = at + used
        if used < 12 or end % 4 or self.data[end - 4 : end] != MARK:
            return False
        self.end, self.last_mac = end, self.data[end - 12 : end - 4]
        self.last_mac_at[end] = self.last_mac
        return True


@dataclass
class Reading:
    """What an image holds."""

    state: str
    damage: list[Damage] = field(default_factory=list)
    tail: str = "clean"
    head: tuple[int, bytes] = (0, b"")
    open_domains: frozenset[int] = frozenset()
    records: list[Record] = field(default_factory=list)
    current: list[Record] = field(default_factory=list)
    values: dict[tuple[int, str], bytes] = field(default_factory=dict)
    entries: dict[int, dict[int, bytes]] = field(default_factory=dict)
    first_kept: dict[int, int] = field(default_factory=dict)
    locked: list[Record] = field(default_factory=list)
    forged: list[Record] = field(default_factory=list)
    keys_body: bytes | None = None
    tries: int = 0


def read(
    image: bytes, device_secret: bytes, pin: str | None = None, sector_bytes: int = 4096
) -> Reading:
    """Everything that device and PIN can read of an image."""
    pieces = [image[at : at + sector_bytes] for at in range(0, len(image), sector_bytes)]
    salt = _store_salt(pieces, device_secret)
    if salt is None:
        used = any(piece[12:].strip(b"\xff") for piece in pieces)
        return Reading("foreign" if used else "blank")
    device = DeviceKeys(device_secret, salt)
    sectors = [Sector(piece, position, device) for position, piece in enumerate(pieces)]
    reading = Reading("open")
    live = _live(sectors, salt, reading)
    for sector in live:
        reading.damage += [("altered", sector.position, at) for at in sector.altered]
        reading.records += sector.records
    _judge_completeness(live, device, reading)
    reading.current = _current(reading.records)
    _open(reading, device, pin)
    reading.damage += [("altered", r.sector, r.offset) for r in _wrongly_superseded(reading)]
    named = {record.id for record in reading.current if record.kind == NAME}
    nameless = (r for r in reading.current if r.kind == VALUE and r.id not in named)
    # A name is written before its value: it has been taken away since.
    reading.damage += [("incomplete", record.sector, 0) for record in nameless]
    return reading


def _store_salt(pieces: list[bytes], device_secret: bytes) -> bytes | None:
    """The salt of most sectors of this device; of two, that of the newer sector."""
    votes: Counter[bytes] = Counter()
    newest: dict[bytes, int] = {}
    for piece in pieces:
        salt = piece[16:24]
        if piece[:4] != MAGIC:
            continue
        sector = Sector(piece[:HEADER_BYTES], 0, DeviceKeys(device_secret, salt))
        if sector.header_is_right:
            votes[salt] += 1
            newest[salt] = max(newest.get(salt, 0), sector.sequence)
    return max(votes, key=lambda salt: (votes[salt], newest[salt])) if votes else None


def _live(sectors: list[Sector], salt: bytes, reading: Reading) -> list[Sector]:
    """Sectors that count, in their order; what is to be said of the others goes into `reading`."""
    opened = [s for s in sectors if s.header_is_right or s.records]
    releases = [r for s in opened for r in s.records if r.kind == RELEASE]
    live = []
    for sector in sectors:
        own = [r for r in releases if int.from_bytes(r.id[:2], "little") == sector.position]
        if sector.header_is_right and sector.salt == salt:
            if all(int.from_bytes(r.id[2:], "little") != sector.sequence for r in own):
                live.append(sector)
        elif any(r.version > sector.highest_version for r in own):
            continue  # what an interrupted erase has left
        elif sector.records:
            reading.damage.append(("header", sector.position, 0))
            live.append(sector)
        elif sector.data[:4] == MAGIC and sector.data[HEADER_BYTES:].strip(b"\xff"):
            reading.damage.append(("foreign", sector.position, 0))
    return sorted(live, key=lambda sector: (not sector.is_cold, -sector.sequence))


def _judge_completeness(live: list[Sector], device: DeviceKeys, reading: Reading) -> None:
    """Digest, tail and head."""
    heads = [next((s for s in live if s.is_cold == is_cold), None) for is_cold in (False, True)]
    digest = 0
    for sector in live:
        if sector not in heads:
            digest ^= sector.element(sector.end, sector.last_mac)
    newest = max((s for s in live if s.header_is_right), key=lambda sector: sector.sequence)
    since, expected = newest.first_version, newest.digest
    for record in reading.records:
        if record.kind == RELEASE and record.version >= since:
            since, expected = record.version, record.body[:8]
    other = heads[not newest.is_cold]
    bound = digest ^ _element_then(other, newest)
    found = device.mac(b"digest", since.to_bytes(4, "little"), bound.to_bytes(8, "little"))
    if found != expected or newest.other_head != (other.sequence if other else 0):
        reading.damage.append(("incomplete", newest.position, 0))
    reading.tail = "in doubt" if any(head and head.has_tail for head in heads) else "clean"
    macs = [head.last_mac if head else bytes(8) for head in heads]
    version = max((record.version for record in reading.records), default=0)
    reading.head = version, device.mac(b"head", digest.to_bytes(8, "little"), *macs)


def _element_then(other: Sector | None, newest: Sector) -> int:
    """Of the other head, as far as it went when the newest sector was opened."""
    if other is None or other.sequence != newest.other_head:
        return 0
    last_mac = other.last_mac_at.get(newest.other_end)
    return other.element(newest.other_end, last_mac) if last_mac else 0


def _current(records: list[Record]) -> list[Record]:
    """Of each kind and id the highest version, without what was deleted or trimmed."""
    newest: dict[tuple[int, bytes], Record] = {}
    for record in records:
        key = record.kind, record.id
        if key not in newest or newest[key].version < record.version:
            newest[key] = record
    deleted = {r.id: r.version for r in newest.values() if r.kind == DELETE}
    return [
        record
        for record in newest.values()
        if record.kind not in (VALUE, NAME) or deleted.get(record.id, -1) < record.version
    ]


def _wrongly_superseded(reading: Reading) -> list[Record]:
    """Records whose life says that there is a newer one, and there is none."""
    named = {r.id for r in reading.current if r.kind == VALUE}
    found = []
    for record in reading.current:
        journal, number = (int.from_bytes(it, "little") for it in (record.id[:2], record.id[2:]))
        is_trimmed = record.kind == ENTRY and number < reading.first_kept.get(journal, 0)
        is_nameless = record.kind == NAME and record.id not in named
        is_passing = record.kind in (DELETE, RELEASE, WIPE)
        if not (record.is_alive or is_trimmed or is_nameless or is_passing):
            found.append(record)
    return found


def _open(reading: Reading, device: DeviceKeys, pin: str | None) -> None:
    copies = []
    for record in reading.records:
        if record.kind == KEYS and device.mac(b"keys", record.body) == record.salt:
            copies.append(record)
        elif record.kind == KEYS and record.is_alive:
            reading.damage.append(("altered", record.sector, record.offset))
    domains: dict[int, DomainKeys] = {}
    if copies:
        reading.keys_body = max(copies, key=lambda record: record.version).body[:KEYS_BYTES]
        domains = open_keys(reading.keys_body, device, pin)
    reading.open_domains = frozenset(domains)
    texts = _texts(reading, domains)
    for record in reading.current:
        if record.kind == TRIES:
            reading.tries = int.from_bytes(record.body[:2], "little")
        if record.kind == WIPE:
            reading.state = "wiping"
        text = texts.get((record.kind, record.id))
        journal = int.from_bytes(record.id[:2], "little")
        if record.kind == JOURNAL and text and journal:
            reading.first_kept[journal] = int.from_bytes(text[:4], "little")
        if record.kind == VALUE and text is not None:
            _take_value(reading, device, record, text, texts)
    for (kind, id), text in texts.items():
        journal, number = int.from_bytes(id[:2], "little"), int.from_bytes(id[2:], "little")
        if kind == ENTRY and number >= reading.first_kept.get(journal, 0):
            reading.entries.setdefault(journal, {})[number] = text


def _texts(reading: Reading, domains: dict[int, DomainKeys]) -> dict[tuple[int, bytes], bytes]:
    texts = {}
    for record in reading.current:
        if record.kind not in SEALED:
            continue
        if record.domain not in domains:
            reading.locked.append(record)
            continue
        text = record.unseal(domains[record.domain])
        if text is None:
            reading.forged.append(record)
        else:
            texts[record.kind, record.id] = text
    return texts


def _take_value(
    reading: Reading,
    device: DeviceKeys,
    record: Record,
    text: bytes,
    texts: dict[tuple[int, bytes], bytes],
) -> None:
    """A value whose name is lost or is another's goes by its id."""
    name = texts.get((NAME, record.id), b"").decode()
    if device.name_id(record.domain, name) != record.id:
        name = "id " + record.id.hex()
    reading.values[record.domain, name] = text
