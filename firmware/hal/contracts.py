"""What a board's parts promise to the application: the seam between `handset` and `ports`.

Each class below states one contract; it is never instantiated and drivers do not inherit from
it. A driver is any object that has these methods; `hal.board.Board` checks that at boot, so a
missing driver or method stops the handset with a clear error instead of acting as a silent
default.

Conventions: names carry units; buffers are caller-owned `bytearray`; "does not block" means it
returns within microseconds; "does not allocate" means it can run with the heap locked; `async`
methods wait inside asyncio. Failures of the hardware raise OSError.
"""


class Facts:
    """What board.toml says, as the generated module `board_facts` holds it."""

    NAME: str
    TITLE: str
    CHIP: str
    CAPABILITIES: tuple
    CODECS: tuple
    BUTTONS: tuple
    HEAP_BYTES: int
    STORE_RECORDS: int
    FLASH_SIZE_BYTES: int
    FLASH_SECTOR_BYTES: int
    PARTITIONS: tuple


class Clock:
    """Time. Monotonic ticks wrap as MicroPython's do: compare them only by `ticks_diff`."""

    def ticks_ms(self) -> int:
        """Milliseconds since an arbitrary start, wrapping. Does not allocate."""

    def ticks_diff(self, end_ms: int, start_ms: int) -> int:
        """Signed `end_ms - start_ms` across the wrap. Does not allocate."""

    def ticks_add(self, ticks_ms: int, delta_ms: int) -> int:
        """`ticks_ms` moved by `delta_ms` across the wrap. Does not allocate."""

    def utc_ms(self) -> int:
        """Milliseconds since 1970-01-01 UTC, or -1 while the date is not known."""

    def set_utc_ms(self, utc_ms: int) -> None:
        """Set the date. Does not disturb the ticks."""


class Console:
    """The serial console: a byte stream shared by management frames and text."""

    async def read(self, buf: bytearray) -> int:
        """Wait for at least one byte; returns the number of bytes put into `buf`."""

    def write(self, buf: bytes, offset: int, n_bytes: int) -> int:
        """Hand over up to `n_bytes` from `offset`; returns how many were taken, 0 when the wire
        is busy. Does not block."""

    async def writable(self) -> None:
        """Wait until `write` can take at least one byte."""


class Buttons:
    """Keys under the agent's fingers: "ptt" and "geo", and on some boards a five-way key: "up",
    "down", "left", "right" and "ok" (`Facts.BUTTONS`). One that is down at start is no press: a
    stuck key must not open the microphone."""

    async def next_edge(self) -> tuple:
        """Wait for a debounced edge: `(name, pressed)`. Edges are never lost or merged."""


class Indicator:
    """What the agent sees without a display."""

    def show(self, state: str) -> None:
        """Floor state: "idle", "pending", "talk", "receive", "denied" or "fault"."""

    def show_geo(self, state: str) -> None:
        """Geolocation state: "off", "on" (no fix yet) or "fix"."""

    def ready(self) -> None:
        """The application is up: keys are obeyed from now on."""


class Gnss:
    """The GNSS receiver behind its power switch; off after reset."""

    def power(self, on: bool) -> None:
        """Switch the receiver's supply. Off means off: no byte arrives any more. Where a board has
        no such switch, its board.py says so; the receiver then sleeps and what it says is dropped.
        OSError for "on" where there is no receiver."""

    async def read(self, buf: bytearray) -> int:
        """Wait for receiver output; returns the number of bytes put into `buf`."""


class Audio:
    """Microphone, speaker and the voice engine between them (C module `voice`).

    One RTP packet in or out is at most `PACKET_BYTES_MAX` bytes.
    """

    PACKET_BYTES_MAX = 512

    def codecs(self) -> tuple:
        """Names of the codecs compiled in, e.g. ("amrwb", "opus")."""

    def open(self) -> None:
        """Start the audio device; microphone idle, speaker silent."""

    def close(self) -> None:
        """Stop the audio device. Idempotent."""

    def configure(
        self,
        codec: str,
        bitrate_bps: int,
        payload_type: int,
        ssrc: int,
        seq0: int,
        timestamp0: int,
        dtx: bool = False,
    ) -> None:
        """Choose codec and RTP parameters; `dtx`: send next to nothing in pauses. ValueError when
        unknown, RuntimeError while talking."""

    def hold(self) -> None:
        """Capture from the next 20 ms frame on, and keep the last 500 ms: they are sent with
        `talk(True)`, forgotten with `talk(False)`."""

    def talk(self, on: bool) -> None:
        """Capture, encode and send on or off, from the next 20 ms frame."""

    def set_bitrate(self, bitrate_bps: int) -> None:
        """Another bit rate of the configured codec, also while talking. ValueError when it has no
        such rate."""

    def tone(self, name: str) -> None:
        """Play a tone on top of what is heard: "permit", "deny", "busy", "emergency" or "end"."""

    def set_volume(self, volume_db: int) -> None:
        """Loudness of what is received: 0 as it comes, 12 loudest, below -36 off. ValueError above
        12."""

    def set_group_keys(self, keys: tuple) -> None:
        """Protect from now on with these `(key_id, key)`: the first for sending, all of them for
        receiving (SRTP and SRTCP, AEAD_AES_128_GCM). Empty: in the clear; RuntimeError while
        talking. OSError while there is no true randomness."""

    def protect_floor(self, buf: bytearray, n_bytes: int) -> int:
        """An RTCP packet becomes SRTCP in place, up to 30 bytes longer: its new length, 0 when the
        keys are used up. Does not allocate."""

    def open_floor(self, buf: bytearray, n_bytes: int) -> int:
        """An SRTCP packet becomes RTCP in place: its new length, 0 when it is not authentic, of an
        unknown key or has been here. Does not allocate."""

    def take(self, buf: bytearray) -> int:
        """Next finished RTP packet into `buf`: its length, 0 when none. Does not allocate."""

    def give(self, buf: bytearray, n_bytes: int) -> bool:
        """A received RTP packet; False when the ring is full. Does not allocate."""

    def listen(self, ssrc: int) -> None:
        """Play this SSRC only; 0 = the first one heard, -1 = none."""

    def heard_ssrc(self) -> int:
        """SSRC being played, 0 when none. Does not allocate on 64-bit ports."""

    def stats(self) -> dict:
        """Counters of the engine by name (see the voice module's README)."""


class Channel:
    """One datagram channel of a radio, heard by everyone in the talk group."""

    def recv(self, buf: bytearray) -> int:
        """Next datagram into `buf`, cut to its size: its length, -1 when none waits. Does not
        allocate."""

    def send(self, buf: bytearray, n_bytes: int) -> bool:
        """Send one datagram; False when the bearer dropped it. Does not allocate, but once for each
        new length where a driver says so. A jammed bearer may take its time, once: after False
        the caller lets keys and timers have their turn."""

    async def readable(self) -> None:
        """Wait until a datagram is there."""


class Radio:
    """A bearer: `media` carries RTP, `floor` carries RTCP.

    FLOOR_TIMERS, where a bearer has it: what floor control must allow for its delays, as entries
    of `handset.floor.participant.DEFAULT_CONFIG`.
    """

    media: Channel
    floor: Channel
    FLOOR_TIMERS: dict

    def name(self) -> str:
        """What the bearer is, e.g. "udp"."""


class Flash:
    """The store's partition of the NOR flash. Erased bytes read 0xFF; programming clears bits
    only."""

    def size_bytes(self) -> int:
        """Usable size, a multiple of `sector_bytes()`."""

    def sector_bytes(self) -> int:
        """Erase unit."""

    def read(self, offset: int, buf: "bytearray | memoryview") -> None:
        """Fill `buf` from `offset`. ValueError outside the flash."""

    def program(self, offset: int, buf: "bytes | bytearray | memoryview") -> None:
        """Write `buf` at `offset`. OSError(EIO) if a bit would have to go from 0 to 1."""

    def erase(self, offset: int) -> None:
        """Erase the sector that starts at `offset`. ValueError if it is not a sector start."""


class Rng:
    """True randomness, for keys.

    The first `fill` after a reset draws a kilobyte and tests it; all that is handed out is tested
    too (SP 800-90B clause 4.4). Without a source, or while what feeds it is off, `fill` raises
    OSError(ENODEV), and may be tried again; once a test has failed, OSError(EIO) until the next
    reset. There is no fallback, ever.
    """

    def fill(self, buf: bytearray) -> None:
        """Fill `buf` with random bytes; when it raises, `buf` is zeroed."""


class Custody:
    """The keys of the store, which never leave it; what each call does is in the vault module's
    README. Domains and bytes: `handset/store/README.md`. Nothing here allocates but what returns
    bytes."""

    def begin(self, store_salt: bytes) -> None:
        """Derive what follows from the device alone, and forget everything else. OSError(ENODEV)
        without a device secret."""

    def forget(self) -> None:
        """Erase everything."""

    def is_flash_protected(self) -> bool:
        """Whether the chip's fuses say so: flash encryption in release mode, and secure boot."""

    def mac(self, out: bytearray, label_or_prev: bytes, a: bytes, b: bytes, c: bytes) -> None:
        """The first 8 bytes of the chain key's MAC of the four."""

    def name_id(self, domain: int, name: bytes) -> bytes:
        """The record id of a name."""

    def create(self) -> None:
        """Draw all keys; all domains are open then. OSError without randomness."""

    def pin_begin(self, pin: bytes, pin_salt: bytes, rounds: int) -> None:
        """Start PBKDF2; 0 rounds: no PIN."""

    def pin_step(self, n_rounds: int) -> bool:
        """So many rounds more; True when the PIN's key is there."""

    def pin_forget(self) -> None:
        """Erase the PIN's key, or the unfinished PBKDF2."""

    def wrap(self, generation: int) -> bytes:
        """The keys, all open, under the PIN's key: a body of KEYS."""

    def load(self, keys_body: bytes) -> None:
        """Public keys and service domain of a body of KEYS. ValueError for another device's."""

    def unlock(self, keys_body: bytes, personal: bool) -> bool:
        """Open professional, and personal if asked; False: wrong PIN."""

    def lock(self) -> None:
        """Erase what the PIN opened."""

    def is_open(self, domain: int) -> bool:
        """Whether the domain's key is there."""

    def seal(
        self,
        domain: int,
        aad: bytes,
        version: int,
        buf: bytearray,
        at: int,
        n: int,
        salt_out: bytearray,
    ) -> None:
        """Seal `buf[at:at + n]` in place; the tag goes behind it. ValueError unless open."""

    def open(
        self, domain: int, aad: bytes, version: int, salt: bytes, buf: bytearray, at: int, n: int
    ) -> bool:
        """Open in place; False, and zeros, when it is not authentic."""

    def seal_box(
        self,
        domain: int,
        kind_aad: bytes,
        version: int,
        buf: bytearray,
        at: int,
        n: int,
        salt_out: bytearray,
    ) -> None:
        """As `seal`, for a domain that is not open; the box goes before `buf[at]`. OSError without
        randomness."""

    def open_box(
        self,
        domain: int,
        kind_aad: bytes,
        version: int,
        salt: bytes,
        buf: bytearray,
        at: int,
        n: int,
    ) -> bool:
        """As `open`, of what `seal_box` has sealed."""


class Power:
    """Supply and reset."""

    def reset(self) -> None:
        """Restart the handset; does not return."""


class Identity:
    """Who this handset is, before provisioning gives it certificates."""

    def serial_number(self) -> str:
        """The number on the case."""

    def user_id(self) -> str:
        """MCPTT ID of its agent, a SIP URI (TS 23.280 clause 8.1.2)."""
