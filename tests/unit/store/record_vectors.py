"""Makes what is in tests/vectors/store: `python tests/unit/store/record_vectors.py traces` after a
change of what the store writes, `... images` for a new version of the format, never again after.
"""

from __future__ import annotations

import contextlib
import json
import sys
from pathlib import Path
from typing import Any

_TESTS = Path(__file__).resolve().parents[2]
VECTORS = _TESTS / "vectors" / "store"
if __name__ == "__main__":
    places = ("unit/store", "unit/store/reader", "mpy")
    sys.path[:0] = [str(_TESTS.parent / "firmware"), *(str(_TESTS / place) for place in places)]

from custody_model import TEST_DEVICE_SECRET  # noqa: E402
from hypothesis import HealthCheck, Phase, settings  # noqa: E402
from hypothesis.stateful import run_state_machine_as_test  # noqa: E402
from nor_flash import PowerCut  # noqa: E402
from store_model import N_SECTORS, SECTOR_BYTES, ReplayableMachine, StoreMachine  # noqa: E402
from store_player import sha256_of  # noqa: E402
from store_reader import Reading  # noqa: E402
from store_rig import PIN, Rig  # noqa: E402

START = VECTORS / "traces" / "start.img"
_FORMAT, _N_SECTORS = 1, 12
_N_RUNS, _N_KEPT = 100, 3
_LINES_MAX = 700
_SERVICE, _PROFESSIONAL, _PERSONAL = 1, 2, 3


def contents(reading: Reading) -> dict[str, Any]:
    """What an image holds, as JSON has it."""
    return {
        "values": [[d, name, value.hex()] for (d, name), value in sorted(reading.values.items())],
        "entries": {
            str(journal): [[number, value.hex()] for number, value in sorted(entries.items())]
            for journal, entries in sorted(reading.entries.items())
        },
        "tries": reading.tries,
        "head": [reading.head[0], reading.head[1].hex()],
        "damage": [list(damage) for damage in reading.damage],
        "tail": reading.tail,
    }


def record_traces() -> None:
    """Runs of the state machine from one image: the longest, each with its end."""
    START.parent.mkdir(parents=True, exist_ok=True)
    (VECTORS / "device_secret.bin").write_bytes(TEST_DEVICE_SECRET)
    START.write_bytes(Rig(N_SECTORS, SECTOR_BYTES).flash.image())
    for machine, name in ((ReplayableMachine, "exact"), (StoreMachine, "boxes")):
        for i, lines in enumerate(_longest(machine)):
            (START.parent / f"{name}{i}.jsonl").write_text("\n".join(lines) + "\n")


def _longest(machine: type[StoreMachine]) -> list[list[str]]:
    runs: list[list[str]] = []

    def keep(run: StoreMachine) -> None:
        end = sha256_of(run.rig.flash) if run.is_deterministic else None
        runs.append([json.dumps(line) for line in [*run.trace, (["end"], end)]])

    recording = type("Recording", (machine,), {"recorder": staticmethod(keep)})
    recording.start_image = START.read_bytes()
    run_state_machine_as_test(
        recording,
        settings=settings(
            max_examples=_N_RUNS,
            stateful_step_count=150,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
    different = {len(set(run)): run for run in runs if len(run) < _LINES_MAX}
    return [different[n] for n in sorted(different, reverse=True)[:_N_KEPT]]


def record_images() -> None:
    """One store at rest, and one whose last write was cut."""
    rig = Rig(_N_SECTORS, 4096)
    rig.play("power")
    _fill(rig)
    _write("full", rig)
    rig.flash.cut_at(rig.flash.n_operations, "torn_prefix")
    with contextlib.suppress(PowerCut):
        rig.play("put", _PROFESSIONAL, "form/0", b"never committed".hex())
    _write("cut", rig)


def _write(name: str, rig: Rig) -> None:
    folder = VECTORS / f"v{_FORMAT}"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.img").write_bytes(rig.flash.image())
    text = json.dumps(contents(rig.independent()), ensure_ascii=False)
    (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def _fill(rig: Rig) -> None:
    """Every kind of record, in all domains, compacted here and there."""
    rig.play("unlock", PIN, True)
    for i in range(240):
        domain = (_SERVICE, _PROFESSIONAL, _PERSONAL)[i % 3]
        value = ("%d: " % i).encode() + b"x" * (7 * i % 120)
        assert rig.play("put", domain, "form/%d" % (i % 10), value.hex()) is None
        if i % 8 == 0:
            rig.play("append", "positions", ("at %d" % i).encode().hex())
            rig.play("append", "alarms", ("alarm %d" % i).encode().hex())
    rig.play("delete", _PROFESSIONAL, "form/1")
    rig.play("put", _PERSONAL, "journal intime/été", "ça va".encode().hex())
    rig.play("trim", "positions", 20)
    rig.play("put_tries", 1)
    rig.play("begin")
    rig.play("put", _PROFESSIONAL, "form/2", b"both".hex())
    rig.play("append", "positions", b"or none".hex())
    assert rig.play("commit") is None
    assert rig.play("change_pin", PIN, b"salt of the PINs".hex(), 10) is None
    rig.play("tidy", 1000)
    rig.play("lock")
    assert rig.play("put", _PERSONAL, "form/8", b"sealed while locked".hex()) is None
    rig.play("append", "positions", b"also while locked".hex())


if __name__ == "__main__":
    {"traces": record_traces, "images": record_images}[sys.argv[1]]()
