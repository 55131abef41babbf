"""What drivers of the ESP32 do when their chip, or somebody on the air, misbehaves."""

import pytest
from esp32_modules import FakeChip
from ports_ticks import TestClock

from ports.common import group_traffic
from ports.common.fragments import Splitter
from ports.common.members import Members


@pytest.fixture
def chip(monkeypatch):
    chip = FakeChip(monkeypatch)
    yield chip
    chip.forget()


def fails(*args):
    raise OSError("refused")


class Keyboard:
    def __init__(self, *answers):
        self._answers = list(answers)

    def readfrom_into(self, address, buf):
        answer = self._answers.pop(0)
        if answer is None:
            raise OSError(19)
        buf[0] = ord(answer)


def test_a_key_from_before_the_start_is_no_press(chip):
    i2c = Keyboard(None, " ", "\0", " ", "x")
    keyboard = chip.driver("keyboard").Keyboard(i2c, {"ptt": " "})
    assert [keyboard.pressed() for _ in range(5)] == ["", "", "", "ptt", ""]
    assert keyboard.errors == 1


class Voice:
    """The C module: open or not."""

    STATS = CODECS = ()
    take = give = listen = heard_ssrc = hold = talk = configure = None
    set_bitrate = set_volume = tone = set_group_keys = protect_floor = open_floor = None

    def __init__(self):
        self.is_open = False

    def open(self, device):
        self.is_open = True

    def close(self):
        self.is_open = False


class Codec:
    def __init__(self, **methods):
        self.start = self.stop = lambda: None
        self.__dict__.update(methods)


def audio(chip, codec):
    voice = Voice()
    chip.put("voice", **{name: getattr(voice, name) for name in dir(voice) if name[0] != "_"})
    chip.put("machine", Pin=None)
    return chip.driver("audio").Audio(codec=codec), voice


def test_a_converter_that_does_not_answer_leaves_audio_closed(chip):
    opened, voice = audio(chip, Codec(start=fails))
    with pytest.raises(OSError, match="refused"):
        opened.open()
    assert not voice.is_open


def test_a_converter_that_does_not_stop_does_not_keep_audio_open(chip):
    opened, voice = audio(chip, Codec(stop=fails))
    opened.open()
    assert voice.is_open
    with pytest.raises(OSError, match="refused"):
        opened.close()
    assert not voice.is_open


class Nvs(dict):
    def __init__(self, namespace):
        super().__init__(user_id=b"sip:old@sim.invalid")
        Nvs.last = self

    set_blob = dict.__setitem__
    erase_key = dict.__delitem__

    def commit(self):
        self.is_committed = True


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"chanel": "6"}, "no setting 'chanel'"),
        ({"serial": "x" * 257}, "longer than 256"),
        ({"key": "é" * 129}, "longer than 256"),
        ({"channel": 6}, "must be text"),
    ],
)
def test_settings_are_written_all_or_none(chip, wrong, said):
    Nvs.last = None
    chip.put("esp32", NVS=Nvs)
    settings = chip.driver("settings")
    with pytest.raises(settings.SettingsError, match=said):
        settings.write(user_id="sip:new@sim.invalid", **wrong)
    assert Nvs.last is None or Nvs.last == {"user_id": b"sip:old@sim.invalid"}
    settings.write(serial="x" * 256, user_id=None)
    assert Nvs.last == {"serial": b"x" * 256} and Nvs.last.is_committed


@pytest.mark.parametrize("channel", ["0", "14", "-1", "six", "", "6.0"])
def test_a_channel_that_is_none(chip, channel):
    chip.put("network", WLAN=None)
    chip.put("_espnow", ESPNowBase=None)
    chip.put("esp32", NVS=None)
    radios = chip.driver("radios")
    with pytest.raises(chip.driver("settings").SettingsError, match="there are 1 to 13"):
        radios.make({"channel": channel}, None)


class EspNow:
    """As ESPNowBase without signal strengths: `air` has (sender, frame), None for a torn buffer."""

    def __init__(self):
        self.air = []
        self.is_active = False
        self.buffers = None

    def config(self, **options):
        pass

    def active(self, is_active):
        self.is_active = is_active
        if not is_active:
            self.air.clear()

    def add_peer(self, address):
        pass

    def any(self):
        if not self.is_active:
            raise OSError("ESP_ERR_ESPNOW_NOT_INIT")
        return bool(self.air)

    def recvinto(self, buffers, timeout_ms):
        arrived = self.air.pop(0)
        if arrived is None:
            raise ValueError("ESPNow.recv(): buffer error")
        sender, frame = arrived
        assert len(buffers[0]) == 6
        buffers[0][:] = sender
        buffers[1][: len(frame)] = frame
        return len(frame)


class Wlan:
    IF_STA = PM_NONE = 0

    def __init__(self, interface):
        pass

    def active(self, is_active=True):
        return is_active

    def config(self, **options):
        pass


def frames(data):
    found = []
    splitter = Splitter(1, 5, lambda frame: not found.append(bytes(frame)))
    assert splitter.send(bytearray(data), len(data))
    return found


@pytest.fixture
def espnow(chip):
    driver = EspNow()
    chip.put("network", WLAN=Wlan)
    chip.put("_espnow", ESPNowBase=lambda: driver)
    radio = chip.driver("espnow_radio").EspNowRadio(6)
    return driver, radio


def received(radio):
    buf = bytearray(1024)
    n_bytes = radio.floor.recv(buf)
    return bytes(buf[:n_bytes]) if n_bytes >= 0 else None


def test_frames_of_two_senders_at_a_time_are_not_mixed(espnow):
    driver, radio = espnow
    first, second = frames(b"a" * 300), frames(b"b" * 300)
    for a, b in zip(first, second, strict=True):
        driver.air += [(b"sendra", a), (b"sendrb", b)]
    assert received(radio) == b"a" * 300
    assert received(radio) == b"b" * 300


def test_a_torn_buffer_is_started_afresh_once_the_driver_agrees(espnow):
    driver, radio = espnow
    driver.air.append(None)
    assert received(radio) is None
    assert radio.restarts == 1

    driver.air.append(None)
    active = driver.active
    driver.active = fails
    for _ in range(3):
        assert received(radio) is None
    driver.active = active
    assert received(radio) is None
    assert radio.restarts == 2
    driver.air += [(b"sender", frame) for frame in frames(b"again")]
    assert received(radio) == b"again"


def test_a_driver_that_refuses_for_ever_is_an_error(espnow):
    driver, radio = espnow
    driver.air.append(None)
    driver.active = fails
    # For about a second of turns it may.
    for _ in range(200):
        assert received(radio) is None
    with pytest.raises(OSError, match="refused"):
        received(radio)


GROUP = bytes((239, 192, 80, 84))
FLOOR_MESSAGE = bytes((0x80, 204, 0, 2)) + bytes(8)


class Network:
    """The C module datagram; `waiting` has (sender, datagram)."""

    def __init__(self):
        self.waiting = []
        self.sent = []

    def receive(self, fd, buf, sender):
        if not self.waiting:
            return -1
        address, data = self.waiting.pop(0)
        sender[:] = address
        buf[: len(data)] = data
        return len(data)

    def send(self, fd, buf, n_bytes, address, port):
        self.sent.append((bytes(address), bytes(buf[:n_bytes])))
        return True


@pytest.fixture
def wifi(chip):
    chip.put("network", WLAN=Wlan)
    network = Network()
    chip.put("datagram", receive=network.receive, send=network.send)
    return chip.driver("wifi_udp"), network


@pytest.fixture
def floor(wifi):
    driver, network = wifi
    clock = TestClock()
    members = Members(8, 10_000, clock.ticks_diff)
    channel = driver.UdpChannel(0, GROUP, members, clock, group_traffic.is_rtcp)
    yield network, members, channel
    channel._socket.close()


def test_only_who_speaks_as_the_group_does_becomes_a_member(floor):
    network, members, channel = floor
    buf = bytearray(1024)
    for last, data in enumerate((b"", b"GET / HTTP/1.1\r\n", b"\x00" * 40, b"\x80" * 40)):
        network.waiting = [(bytes((10, 0, 0, last)), data)]
        assert channel.recv(buf) == (len(data) or -1)
    assert members.targets() == 0
    network.waiting = [(bytes((10, 0, 0, 9)), FLOOR_MESSAGE)]
    assert channel.recv(buf) == len(FLOOR_MESSAGE)
    assert members.targets() == 1


def test_a_hello_makes_a_member_and_is_for_nobody_else(floor):
    network, members, channel = floor
    channel.hello()
    assert network.sent == [(GROUP, group_traffic.HELLO)]
    network.waiting = [
        (bytes((10, 0, 0, 9)), group_traffic.HELLO),
        (b"\x0a\0\0\x08", FLOOR_MESSAGE),
    ]
    assert channel.recv(bytearray(1024)) == len(FLOOR_MESSAGE)
    assert members.targets() == 2


def test_a_flood_of_empty_datagrams_leaves_others_their_turn(floor):
    network, _, channel = floor
    network.waiting = [(b"\x0a\0\0\x08", b"")] * 100 + [(b"\x0a\0\0\x08", FLOOR_MESSAGE)]
    buf = bytearray(1024)
    assert channel.recv(buf) == -1
    assert len(network.waiting) > 90
    for _ in range(100):
        n_bytes = channel.recv(buf)
        if n_bytes >= 0:
            break
    assert n_bytes == len(FLOOR_MESSAGE)


def test_floor_control_always_allows_for_multicast_on_wifi(wifi):
    """Also with "unicast": until members are known, or with too many, packets go to the group."""
    driver, _ = wifi
    assert driver.WifiUdp.FLOOR_TIMERS == {"t201_ms": 80, "media_tail_ms": 450}
