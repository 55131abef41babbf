"""The typed device against the firmware's link in a process of its own."""

import dataclasses
import datetime as dt
import socket
import threading

import pytest
from link_process import LinkProcess
from rfc2217_bridge import Rfc2217Bridge

from handsetctl import device as device_module
from handsetctl import spec
from handsetctl.device import Device
from handsetctl.errors import CommandRefused, DeviceGone, DeviceTimeout, MessageTooLarge, PortBusy

READY_S = 20.0


@pytest.fixture
def device(handset):
    with Device.open(handset.port) as opened:
        opened.wait_ready(READY_S)
        yield opened


def test_standard_commands(device):
    assert device.echo("grüße") == "grüße"
    assert device.params() == device_module.Parameters(2048, 1)
    assert device.os_info("so") == "MicroPython handset"
    assert device.os_info() == "MicroPython SIM-0001 1.26.1 0.1.0 today none none child handset"


def test_date_is_set_and_read_in_any_time_zone(device):
    moment = dt.datetime(2031, 2, 3, 4, 5, 6, 789000, dt.timezone(dt.timedelta(hours=2)))
    device.set_datetime(moment)
    assert dt.timedelta(0) <= device.datetime() - moment < dt.timedelta(seconds=10)
    with pytest.raises(ValueError, match="time zone"):
        device.set_datetime(dt.datetime(2031, 2, 3))


def test_own_commands(device):
    identity = device.identity()
    assert identity.serial_number == "SIM-0001"
    assert identity.codecs == ("amrwb", "opus")
    assert identity.as_dict()["heap_bytes"] == 262144
    assert device.statistics("voice")["tx_frames"] == 10
    assert dict(device.statistics("voice")) == {"tx_frames": 10, "rx_lost": 0}
    assert device.statistics_groups() == ("link", "voice")
    assert device.memory().frames_in_voice_path == 50
    assert device.statistics("link")["requests"] > 5
    geo = device.geo()
    assert geo.own is None
    assert (geo.heard[0].user_id, geo.heard[0].lat_deg) == ("sip:b@sim.invalid", 48.8566)
    assert geo.heard[0].lon_deg == -2.3522


def test_codec_is_set_and_read_back(device):
    assert device.set_codec("opus", 16000) == device.codec()
    assert device.codec().name == "opus"


def test_a_refusal_says_what_was_asked_and_why(device):
    with pytest.raises(CommandRefused, match="'g711'.*EINVAL.*no codec") as refusal:
        device.set_codec("g711")
    assert (refusal.value.rc, refusal.value.group) == (3, None)
    with pytest.raises(CommandRefused, match="error 3 of group 72") as refusal:
        device.set_codec("opus", 1)
    assert (refusal.value.rc, refusal.value.group) == (3, 72)
    with pytest.raises(CommandRefused, match="INVALID_GROUP") as refusal:
        device.statistics("nothing")
    assert (refusal.value.rc, refusal.value.group) == (2, 2)
    with pytest.raises(CommandRefused, match="INVALID_FORMAT") as refusal:
        device.os_info("?")
    assert (refusal.value.rc, refusal.value.group) == (2, 0)
    assert refusal.value.exit_code == 6


@pytest.mark.parametrize("n_chars", [0, 60, 90, 91, 200, 2000, 2030])
def test_messages_up_to_the_announced_size(device, n_chars):
    assert device.echo("m" * n_chars) == "m" * n_chars


def test_a_message_too_large_is_not_sent(device):
    before = device.statistics("link")["rx_bytes"]
    with pytest.raises(MessageTooLarge, match="2044"):
        device.echo("m" * 2040)
    assert device.statistics("link")["rx_bytes"] - before < 200


def test_reset_returns_when_the_next_boot_answers(handset, device):
    assert device.identity().capabilities == ("boot-1",)
    device.reset()
    assert device.identity().capabilities == ("boot-2",)
    assert handset.boots == 2


def test_a_dead_handset_times_out_with_a_next_step(handset, device):
    handset.kill()
    device.timeout_s = 0.2
    with pytest.raises(DeviceTimeout, match="Check that it is on"):
        device.identity()
    with pytest.raises(DeviceTimeout, match="not ready within 0.5 s"):
        device.wait_ready(0.5)


def test_console_text_reaches_the_callback_line_by_line(device):
    lines = []
    device.on_text(lines.append)
    device.listen(0.3)
    device.identity()
    if "boot 1" in lines:  # it may have been read away while waiting for readiness
        lines.remove("boot 1")
    assert len(lines) > 5
    assert [line for line in lines if not line.startswith("chatter ")] == []
    numbers = [int(line.split()[1]) for line in lines]
    assert numbers == sorted(set(numbers))


def test_requests_of_many_threads_do_not_mix(device):
    wrong = []

    def talk(name):
        for n in range(25):
            text = f"{name}-{n}"
            if device.echo(text) != text:
                wrong.append(text)

    threads = [threading.Thread(target=talk, args=(name,)) for name in "abcd"]
    listener = threading.Thread(target=device.listen, args=(0.2,))
    for thread in [*threads, listener]:
        thread.start()
    for thread in [*threads, listener]:
        thread.join()
    assert wrong == []


def test_a_port_is_opened_once_only(handset, device):
    with pytest.raises(PortBusy, match="another program"):
        Device.open(handset.port)
    device.close()
    with Device.open(handset.port) as again:
        assert again.echo("mine now") == "mine now"


def test_a_closed_device_says_so(device):
    device.close()
    device.close()
    with pytest.raises(DeviceGone, match="closed"):
        device.echo("x")


def test_over_a_tcp_socket():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"socket://127.0.0.1:{listener.getsockname()[1]}"
        with LinkProcess(listener) as handset, Device.open(url) as device:
            device.wait_ready(READY_S)
            assert device.identity().board == "child"
            assert device.echo("m" * 1000) == "m" * 1000
            device.reset()
            assert device.identity().capabilities == (f"boot-{handset.boots}",)


@pytest.mark.filterwarnings("ignore:set(Daemon|Name).. is deprecated:DeprecationWarning")
def test_over_rfc2217(handset):
    with Rfc2217Bridge(handset.port) as bridge, Device.open(bridge.url) as device:
        device.wait_ready(READY_S)
        assert device.identity().board == "child"
        assert device.echo("m" * 1000) == "m" * 1000


@pytest.mark.parametrize(
    ("command", "part", "typed"),
    [
        ("identity", None, device_module.Identity),
        ("floor", None, device_module.Floor),
        ("geo", None, device_module.Geo),
        ("geo", "own", device_module.Position),
        ("geo", "heard", device_module.HeardPosition),
        ("codec", None, device_module.Codec),
        ("memory", None, device_module.Memory),
    ],
)
def test_typed_objects_have_the_fields_of_the_table(command, part, typed):
    fields = spec.command(command).read
    if part:
        fields = next(field for field in fields if field.name == part).of
    assert {f.name for f in dataclasses.fields(typed)} == {field.name for field in fields}


def test_every_command_has_a_method():
    for command in spec.commands():
        assert callable(getattr(Device, command.name))
        assert (command.write is not None) == hasattr(Device, f"set_{command.name}")
