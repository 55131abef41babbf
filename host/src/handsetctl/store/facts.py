"""What a store says of itself, as types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

VALUES = "values"
"""Source of records that are no entries of a journal."""


@dataclass(frozen=True)
class Status:
    """How the store is; fields as in the table (firmware/handset/link/store_spec.py)."""

    state: str
    tail: str
    damaged: int
    records: int
    records_max: int
    capacity_bytes: int
    free_bytes: int
    erases_min: int
    erases_max: int
    pin_set: bool
    locked: bool
    tries_left: int
    task: str
    task_state: str
    reason: str
    wait_ms: int
    protected: bool


@dataclass(frozen=True)
class Damage:
    """One damaged place: what of it is wrong, and where."""

    kind: str
    sector: int
    offset: int


@dataclass(frozen=True)
class Look:
    """What a handset answers to `verify`; nonces: numbers of this computer that it still has."""

    state: str
    tail: str
    version: int
    mac: bytes
    nonces: tuple[bytes, ...]
    stored: bool
    damaged: int
    damage: tuple[Damage, ...]
    protected: bool


@dataclass(frozen=True)
class Settings:
    """What counts for PINs, and for how many days each journal keeps its entries."""

    tries_max: int
    lock_after_ms: int
    check_ms: int
    keep_days: Mapping[str, int]


@dataclass(frozen=True)
class Record:
    """A professional record. source: "values" with a name, else a journal with a number; data is
    None where the record is damaged."""

    source: str
    name: str
    number: int
    data: bytes | None


@dataclass(frozen=True)
class Sector:
    """A sector of the flash, in bytes: its size, how much of it is still needed, up to where it is
    written; and how often it has been erased."""

    number: int
    state: str
    n_bytes: int
    live_bytes: int
    end_bytes: int
    erases: int
