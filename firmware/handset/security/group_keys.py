"""The talk group's keys: what protects voice and floor control on the air.

Each is `(key_id, key)`: a number from 0 to 65535 that packets carry, and 16 or 32 secret bytes. The
first one is used for sending, all of them for receiving: so a group changes its key during
operation. No keys: everything is sent in the clear, and the handset says so.

Nothing here finds keys by itself. Who starts the application installs them: until provisioning does
that, only the start of a development build (`firmware/development`), which no release contains.
"""

KEYS_MAX = 3
_KEY_ID_MAX = 0xFFFF
_KEY_BYTES = (16, 32)

_installed: tuple = ()


def install(keys: tuple) -> None:
    """Use these keys from the application's next start on. ValueError for what is no set of
    keys."""
    global _installed
    _check(keys)
    _installed = keys


def installed() -> tuple:
    """The keys to use, sending key first; empty when there are none."""
    return _installed


def _check(keys: tuple) -> None:
    if len(keys) > KEYS_MAX:
        raise ValueError("at most %d group keys, not %d" % (KEYS_MAX, len(keys)))
    key_ids = [key_id for key_id, _ in keys]
    if len(set(key_ids)) != len(key_ids):
        raise ValueError("two group keys have the same id: %s" % key_ids)
    for key_id, key in keys:
        if not 0 <= key_id <= _KEY_ID_MAX:
            raise ValueError("key id %d is not 0 to %d" % (key_id, _KEY_ID_MAX))
        if len(key) not in _KEY_BYTES:
            raise ValueError("group key %d has %d bytes, not 16 or 32" % (key_id, len(key)))
