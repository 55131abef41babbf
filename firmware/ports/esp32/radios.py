"""Which bearer a board uses, as its settings say."""

from ports.common.members import parse_address, parse_addresses
from ports.esp32.settings import SettingsError, need

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ports.esp32.clock import Clock
    from ports.esp32.espnow_radio import EspNowRadio
    from ports.esp32.wifi_udp import WifiUdp

_GROUP = "239.192.80.84"  # organisation-local scope, RFC 2365
_CHANNEL = "6"
_CHANNEL_MAX = 13


def make(found: dict, clock: "Clock") -> "EspNowRadio | WifiUdp":
    """The bearer; switches the radio on. SettingsError when the settings do not say enough.

    A driver is imported only when it is used: the other one's module stays out of the heap.
    """
    bearer = found.get("bearer", "espnow")
    if bearer == "espnow":
        return _espnow(found)
    if bearer == "wifi":
        return _wifi(found, clock)
    raise SettingsError("bearer is '%s': there are espnow and wifi" % bearer)


def _espnow(found: dict) -> "EspNowRadio":
    from ports.esp32.espnow_radio import EspNowRadio

    channel = found.get("channel", _CHANNEL)
    if not channel.isdigit() or not 1 <= int(channel) <= _CHANNEL_MAX:
        raise SettingsError("channel is '%s': there are 1 to %d" % (channel, _CHANNEL_MAX))
    return EspNowRadio(int(channel))


def _wifi(found: dict, clock: "Clock") -> "WifiUdp":
    from ports.esp32.wifi_udp import WifiUdp

    spread = found.get("spread", "unicast")
    if spread not in ("unicast", "multicast"):
        raise SettingsError("spread is '%s': there are unicast and multicast" % spread)
    return WifiUdp(
        clock,
        need(found, "ssid"),
        need(found, "key"),
        parse_address(found.get("group", _GROUP)),
        spread == "unicast",
        parse_addresses(found.get("members", "")),
    )
