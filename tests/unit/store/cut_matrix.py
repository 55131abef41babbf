"""Cuts the power at every flash operation of a workload, in each way, and looks at what is left.

The workload runs once. Before each of its flash operations the flash is copied, cut and opened by a
handset of its own; while that one recovers, power is cut again ("nested").
"""

from __future__ import annotations

import random
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass, field

from cut_workload import Truth, Workload, Wrong, new_flash
from nor_flash import ERASE_CUTS, PROGRAM_CUTS, WEAK_CUT, NorFlash, PowerCut

_FAILURES_MAX = 20
_PROGRAM_CUTS = (*PROGRAM_CUTS, WEAK_CUT)


@dataclass(frozen=True)
class Cut:
    """One cut, and the one in the recovery from it: what it takes to see it again."""

    seed: int
    operation: int
    how: str
    nested: int = -1
    nested_how: str = ""

    def __str__(self) -> str:
        again = "" if self.nested < 0 else ":%d:%s" % (self.nested, self.nested_how)
        return "%d:%d:%s%s" % (self.seed, self.operation, self.how, again)

    @staticmethod
    def parse(text: str) -> Cut:
        """What `str` made."""
        seed, operation, how, *nested = text.split(":")
        if nested:
            return Cut(int(seed), int(operation), how, int(nested[0]), nested[1])
        return Cut(int(seed), int(operation), how)

    def noise(self) -> int:
        """Seed of what the cut leaves."""
        return random.Random(str(self)).getrandbits(32)


@dataclass
class Count:
    """What has been done."""

    cuts: int = 0
    nested: int = 0
    failures: list[str] = field(default_factory=list)

    def add(self, other: Count) -> None:
        """Count what somebody else did."""
        self.cuts += other.cuts
        self.nested += other.nested
        self.failures += other.failures

    def as_dict(self) -> dict[str, object]:
        """For the report."""
        return asdict(self)


class Matrix:
    """The cuts of one workload. `pick` says at which of its flash operations; `nested` is how many
    second cuts follow each (None: one at every flash operation of the recovery)."""

    def __init__(
        self,
        seed: int,
        pick: Callable[[int], bool],
        nested: int | None,
        only: Cut | None = None,
    ) -> None:
        self.seed = seed
        self._pick = pick
        self._nested = nested
        self._only = only
        self.count = Count()
        self.flash = new_flash(seed)
        self.workload = Workload(self.flash, seed)
        self.flash.observer = self._before

    def run(self, n_operations: int, after_each: Callable[[int], None] = lambda _: None) -> None:
        """The workload, with a cut before all that it does to the flash."""
        self.workload.boot(after_a_cut=False)
        for i in range(n_operations):
            self.workload.step()
            after_each(i)

    def _before(self, index: int, kind: str, offset: int, data: bytes) -> None:
        if not self._pick(index):
            return
        ways = ERASE_CUTS if kind == "erase" else _PROGRAM_CUTS
        for how in ways:
            cut = Cut(self.seed, index, how)
            if self._only is not None and self._only.how != how:
                continue
            torn = self.flash.restart(cut.noise())
            torn.cut(kind, offset, data, how)
            self._look(cut, torn)

    def _look(self, cut: Cut, torn: NorFlash) -> None:
        allowed = self.workload.allowed
        flash = torn.restart(cut.noise())
        self.count.cuts += 1
        if not self._guarded(cut, lambda: Workload(flash, cut.noise(), allowed).go_on()):
            return
        for second in self._second_cuts(cut, flash.n_operations):
            self._guarded(second, lambda second=second: self._look_nested(second, torn, allowed))

    def _second_cuts(self, cut: Cut, n_operations: int) -> list[Cut]:
        if self._only is not None:
            return [self._only] if self._only.nested >= 0 else []
        noise = random.Random(cut.noise())
        places = list(range(n_operations))
        if self._nested is not None:
            places = sorted(noise.sample(places, min(self._nested, n_operations)))
        ways = (*_PROGRAM_CUTS, *ERASE_CUTS[1:])
        return [Cut(cut.seed, cut.operation, cut.how, at, noise.choice(ways)) for at in places]

    def _look_nested(self, cut: Cut, torn: NorFlash, allowed: tuple[Truth, ...]) -> None:
        first = Cut(cut.seed, cut.operation, cut.how).noise()
        flash = torn.restart(first)
        flash.cut_at(cut.nested, cut.nested_how)
        workload = Workload(flash, first, allowed)
        try:
            workload.go_on()
        except PowerCut:
            self.count.nested += 1
            again = flash.restart(cut.noise())
            Workload(again, cut.noise(), workload.allowed).go_on()

    def _guarded(self, cut: Cut, look: Callable[[], None]) -> bool:
        try:
            look()
        except Exception as error:
            if self._only is not None:
                raise
            where = traceback.extract_tb(error.__traceback__)[-1]
            place = "%s:%d" % (where.filename.rsplit("/", 1)[-1], where.lineno or 0)
            kind = "" if isinstance(error, Wrong) else "%s at %s: " % (type(error).__name__, place)
            what = "during %s" % self.workload.what
            self.count.failures.append("%s (%s): %s%s" % (cut, what, kind, error))
            if len(self.count.failures) >= _FAILURES_MAX:
                raise Wrong("\n".join(self.count.failures)) from error
            return False
        return True
