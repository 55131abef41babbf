"""All there is to try on an image, numbered: a test takes some of it, a soak all."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import cached_property
from typing import Any

from store_mangling import Mangled, each_bit, each_record, each_sector, mixed
from store_victim import (
    OTHER_SECRET,
    Verdict,
    Victim,
    judge_open_store,
    judge_opening,
    make_victim,
    older,
)

JUDGES: dict[str, Callable[[Victim, bytes], Verdict]] = {
    "opening": judge_opening,
    "open store": judge_open_store,
}
N_MIXED = 20_000


class Cases:
    """Made once a process: the victim, its older self, another device's."""

    @cached_property
    def victim(self) -> Victim:
        return make_victim()

    @cached_property
    def _others(self) -> tuple[Victim, Victim]:
        return older(self.victim), make_victim(OTHER_SECRET)

    @cached_property
    def _records(self) -> list[Mangled]:
        return list(each_record(self.victim, *self._others))

    @cached_property
    def _sectors(self) -> list[Mangled]:
        return list(each_sector(self.victim, *self._others))

    def count(self, family: str) -> int:
        """How many cases it has."""
        if family == "bits":
            return 8 * len(self.victim.image)
        if family == "mixed":
            return N_MIXED
        return len(self._records if family == "records" else self._sectors)

    def case(self, family: str, number: int) -> Mangled:
        """What was done, and the image."""
        if family == "bits":
            return each_bit(self.victim, number)
        if family == "mixed":
            return mixed(random.Random(number), self.victim, *self._others)
        return (self._records if family == "records" else self._sectors)[number]

    def judge(self, judge: str, family: str, number: int) -> str:
        """ "" or what is wrong with the store."""
        what, image = self.case(family, number)
        try:
            verdict = JUDGES[judge](self.victim, image)
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            return f"{family} {number}, {judge} ({what}): {type(error).__name__}: {error}"
        is_silent = verdict.lost and verdict.is_head_another and not verdict.is_reported
        # Whoever has an older image can put all of it back; that of several things done at once one
        # is that, nobody knows here.
        may_be_silent = family == "mixed" or "older" in what
        if judge == "opening" and is_silent and not may_be_silent:
            return (
                f"{family} {number} ({what}): a loss that only the host can notice: {verdict.lost}"
            )
        if family == "bits" and not (_is_one(verdict.lost) and verdict.goes_on):
            return f"bit {number}, {judge}: one bit cost {verdict.lost or 'everything'}"
        return ""


def _is_one(lost: tuple[tuple[Any, ...], ...]) -> bool:
    """One record: a value and its name in the list, or what one journal has trimmed."""
    journals = {key[1] for key in lost if key[0] == "entry"}
    others = [key for key in lost if key[0] not in ("entry", "names")]
    return len(journals) + len(others) <= 1


FAMILIES = ("bits", "records", "sectors", "mixed")
