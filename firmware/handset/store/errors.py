"""What the store answers when it can not do what was asked."""


class StoreError(Exception):
    """Base of all below; the message says what happened and what to do next."""


class NotOpen(StoreError):
    """The store has not been opened, or what is in the flash is not one of this handset."""


class Full(StoreError):
    """No room for this record: delete something, or shorten a journal."""


class TooBig(StoreError):
    """A value, or all of a transaction, is more than a sector takes."""


class Locked(StoreError):
    """The domain can be written and not read: unlock it with the PIN."""


class Damaged(StoreError):
    """The record is there and is not what was written."""


class WornOut(StoreError):
    """The flash does not take what is written to it."""
