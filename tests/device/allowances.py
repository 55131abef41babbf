"""What boards may differ in under the same tests: time, which an emulator takes from the host.

Everything else is asked of every board alike. Deadlines are the same too: they are far away.
"""

REACTION_LIMIT_S = {"sim": 0.25, "qemu_rv32": 1.0}
"""From a key's edge to its effect while a stranger floods the air."""
