"""Development configuration of a board, in the chip's NVS, until provisioning takes its place.

Written once, at the prompt of a development build:

    from ports.esp32 import settings
    settings.write(user_id="sip:a@sim.invalid", bearer="espnow")

| key | meaning |
| --- | --- |
| user_id | MCPTT ID of the agent, a SIP URI; mandatory |
| serial | number on the case; by default made from the chip's address |
| bearer | "espnow" (no infrastructure, the default) or "wifi" |
| channel | Wi-Fi channel of ESP-NOW, "1" to "13", default "6" |
| ssid, key | access point of bearer "wifi" |
| group | multicast address, default 239.192.80.84 |
| spread | "unicast" (to each member, the default) or "multicast" |
| members | addresses that never announce themselves, with commas |
"""

import esp32

_NAMESPACE = "handset"
_VALUE_BYTES_MAX = 256
KEYS = ("user_id", "serial", "bearer", "channel", "ssid", "key", "group", "spread", "members")


class SettingsError(Exception):
    """A board is not configured, or wrongly; the message says what to write."""


def load() -> dict:
    """What is configured; keys that were never written are absent."""
    nvs = esp32.NVS(_NAMESPACE)
    buf = bytearray(_VALUE_BYTES_MAX)
    found = {}
    for key in KEYS:
        try:
            n_bytes = nvs.get_blob(key, buf)
        except OSError:
            # ESP_ERR_NVS_NOT_FOUND; a partition that cannot be read fails in NVS() already.
            continue
        found[key] = bytes(buf[:n_bytes]).decode()
    return found


def write(**values: str | None) -> None:
    """Store values; None removes one. All of them, or with SettingsError none."""
    for key, value in values.items():
        _check(key, value)
    nvs = esp32.NVS(_NAMESPACE)
    for key, value in values.items():
        if value is None:
            nvs.erase_key(key)
        else:
            nvs.set_blob(key, value.encode())
    nvs.commit()


def _check(key: str, value: str | None) -> None:
    if key not in KEYS:
        raise SettingsError("no setting '%s': there are %s" % (key, ", ".join(KEYS)))
    if value is None:
        return
    if not isinstance(value, str):
        raise SettingsError("setting '%s' must be text, or None" % key)
    if len(value.encode()) > _VALUE_BYTES_MAX:
        raise SettingsError("setting '%s' is longer than %d bytes" % (key, _VALUE_BYTES_MAX))


def need(found: dict, key: str) -> str:
    """A mandatory value of `load()`."""
    if key not in found:
        raise SettingsError(
            "setting '%s' is missing: with a development build, at its prompt, "
            "from ports.esp32 import settings; settings.write(%s=...)" % (key, key)
        )
    return found[key]
