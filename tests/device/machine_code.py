"""Who calls whom in a linked firmware, from its machine code."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

_FUNCTION = re.compile(r"^[0-9a-f]+ <([^>]+)>:$")
# Targets of calls and jumps, and addresses that an instruction makes: of functions and of data.
_NAMED = re.compile(r"<([^>+]+)(?:\+0x[0-9a-f]+)?>")
# A call or a jump to where a register or memory says (x86-64; RISC-V without its returns).
_INDIRECT = re.compile(r"\t(?:(?:call|jmp)\s+(?:notrack )?\*|(?:jalr|jr)\s+[ast]\d)")
# The linker's way into a shared library: what comes behind it is that library's.
_STUB = "@plt"


@dataclass
class Function:
    """What one function names, and whether it calls what only its data says."""

    names: set[str] = field(default_factory=set)
    indirect: bool = False


class MachineCode:
    """The functions of an ELF file; needs its symbols."""

    def __init__(self, elf: Path, objdump: str) -> None:
        command = [objdump, "-d", "--no-show-raw-insn", str(elf)]
        text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        self.functions: dict[str, Function] = {}
        current = Function()
        for line in text.splitlines():
            if found := _FUNCTION.match(line):
                current = self.functions.setdefault(found[1], Function())
            else:
                current.names |= set(_NAMED.findall(line))
                current.indirect |= bool(_INDIRECT.search(line))

    def reach(self, entry: str) -> set[str]:
        """Everything named by `entry`, by what it names, and so on: functions and data."""
        assert entry in self.functions, f"{entry} is not there, or the file has no symbols"
        found: set[str] = set()
        waiting = {entry}
        while waiting:
            name = waiting.pop()
            found.add(name)
            if not name.endswith(_STUB):
                waiting |= self.functions.get(name, Function()).names - found
        return found

    def indirect(self, names: set[str]) -> set[str]:
        """Those that call what only data says."""
        functions = {name for name in names & set(self.functions) if not name.endswith(_STUB)}
        return {name for name in functions if self.functions[name].indirect}
