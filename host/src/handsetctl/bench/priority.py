"""Virtual hardware first: a busy host must not stutter what a board's own chip would do in time."""

from __future__ import annotations

import os

_NICENESS = -15


def prefer(pid: int) -> bool:
    """Let a process go before ordinary ones; False where the host does not permit it.

    Without the permission (most users have none) nothing is lost on a quiet host; on a busy one
    the handsets count the frames they could not keep up with, and reports show the count.
    """
    try:
        os.setpriority(os.PRIO_PROCESS, pid, _NICENESS)
    except PermissionError:
        return False
    return True
