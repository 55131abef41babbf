"""What can go wrong, as types. Each error says what happened, to what, and what to do next."""

from __future__ import annotations

from typing import ClassVar


class HandsetError(Exception):
    """Base of all errors of this package.

    what: what happened; subject: to what (a port, a file, a handset); next_step: what a person
    can do about it. Sentences without their final stop; subject and next_step may be empty.
    """

    exit_code: ClassVar[int] = 1
    """What the command line exits with."""

    def __init__(self, what: str, subject: str = "", next_step: str = "") -> None:
        super().__init__(what, subject, next_step)
        self.what = what
        self.subject = subject
        self.next_step = next_step

    def __str__(self) -> str:
        where = f" ({self.subject})" if self.subject else ""
        text = f"{self.what}{where}"
        if self.next_step:
            text += f". {self.next_step[:1].upper()}{self.next_step[1:]}"
        return text


class DemoFailed(HandsetError):
    """Raised when a demonstration ran to its end and a figure is outside its limit."""

    exit_code = 1


class MessageTooLarge(HandsetError):
    """Raised before sending what the handset has no buffer for."""

    exit_code = 2


class DeviceNotFound(HandsetError):
    """Raised when a port cannot be opened: no such port, no right to it, nobody listening."""

    exit_code = 3


class PortBusy(HandsetError):
    """Raised when another program, or another thread of this one, holds the port."""

    exit_code = 3


class DeviceGone(HandsetError):
    """Raised when an open port vanishes: cable pulled, board reset its USB, peer hung up."""

    exit_code = 3


class DeviceTimeout(HandsetError):
    """Raised when the handset did not answer, or did not take what was sent, in time."""

    exit_code = 4


class ProtocolError(HandsetError):
    """Raised when the handset answered something that does not follow SMP or the spec table."""

    exit_code = 5


class CommandRefused(HandsetError):
    """Raised when the handset answered that it will not.

    rc: the error code; group: None when rc is a general SMP code (MGMT_ERR_*), else the group
    whose own code it is.
    """

    exit_code = 6

    def __init__(
        self,
        what: str,
        subject: str = "",
        next_step: str = "",
        *,
        rc: int,
        group: int | None = None,
    ) -> None:
        super().__init__(what, subject, next_step)
        self.rc = rc
        self.group = group


class BenchError(HandsetError):
    """Raised when the bench (virtual handsets, air, buttons, sound) cannot do what it should."""

    exit_code = 7


class BuildError(HandsetError):
    """Raised when something that a build makes is missing or failed to build."""

    exit_code = 8


class WrongPin(HandsetError):
    """Raised when a PIN was checked and is not the handset's."""

    exit_code = 6


class StoreDamaged(HandsetError):
    """Raised when a store was looked at and something in it is not as it was written."""

    exit_code = 1


class LookNotKept(HandsetError):
    """Raised when a store was looked at and could not keep the number that the next look needs."""

    exit_code = 1


class StoreRolledBack(HandsetError):
    """Raised when a store is not the one that was looked at before, with more behind it."""

    exit_code = 9
