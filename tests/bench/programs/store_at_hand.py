"""On the handset: a store of the board's own firmware on any flash, with no PIN set."""

import vault

from handset.store.store import Store

_SALT = b"figures!"


def _without_pin(custody):
    custody.pin_begin(b"", bytes(16), 0)
    while not custody.pin_step(1000):
        pass


def formatted(flash, records_max):
    """A new store, all domains open."""
    custody = vault.custody
    custody.begin(_SALT)
    custody.create()
    _without_pin(custody)
    store = Store(flash, custody, records_max=records_max)
    store.open()
    store.format(custody.wrap(1), _SALT)
    return store


def unlock(store):
    """Open the domains of a store that has been opened."""
    custody = vault.custody
    body = store.keys_body()
    custody.load(body)
    _without_pin(custody)
    if not custody.unlock(body, True):
        raise ValueError("these are the keys of another device")
