"""Who and what this handset is, for the console banner and the management link."""

import sys

import build_info

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hal.board import Board


def identity(board: "Board") -> dict:
    """Answer of the management command `identity` (see link/spec.py)."""
    return {
        "serial_number": board.identity.serial_number(),
        "user_id": board.identity.user_id(),
        "firmware": firmware(),
        "board": board.facts.NAME,
        "chip": board.facts.CHIP,
        "micropython": micropython_version(),
        "capabilities": list(board.facts.CAPABILITIES),
        "codecs": list(board.audio.codecs()),
        "heap_bytes": board.facts.HEAP_BYTES,
    }


def os_info(board: "Board") -> dict:
    """Texts for the OS group's info command (link/os_group.py)."""
    return {
        "kernel": "MicroPython",
        "node": board.identity.serial_number(),
        "release": micropython_version(),
        "version": firmware(),
        "build_date": build_info.BUILD_DATE,
        "machine": sys.platform,
        "processor": board.facts.CHIP,
        "platform": board.facts.NAME,
        "os": "ptt-handset",
    }


def firmware() -> str:
    """Version of this firmware and the commit it was built from, e.g. "0.1.0+1a2b3c4"."""
    return "%s+%s" % (build_info.VERSION, build_info.GIT_HASH)


def micropython_version() -> str:
    return ".".join(str(part) for part in sys.implementation.version[:3])


def banner(board: "Board") -> str:
    """The line a person sees first on the console."""
    return "PTT handset %s on %s, %s (%s)" % (
        firmware(),
        board.facts.NAME,
        board.identity.serial_number(),
        board.identity.user_id(),
    )
