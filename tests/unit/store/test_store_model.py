"""The store against a dict: whatever is done, in whatever order, contents are the same.

At the end of each run the independent reader opens the image and must agree.
"""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from store_model import ReplayableMachine, StoreMachine

_RUNS, _SOAK_RUNS = 40, 2000
_STEPS = 140


@pytest.mark.parametrize("machine", [StoreMachine, ReplayableMachine])
def test_the_store_is_a_dict(machine: type[StoreMachine], request: pytest.FixtureRequest) -> None:
    soak = bool(request.config.getoption("--soak", default=False))
    ran: list[StoreMachine] = []
    watched = type("Watched", (machine,), {"recorder": staticmethod(ran.append)})
    run_state_machine_as_test(
        watched,
        settings=settings(
            max_examples=_SOAK_RUNS if soak else _RUNS,
            stateful_step_count=_STEPS,
            deadline=None,
            # A run that can fail today must be able to fail tomorrow; a soak looks further.
            derandomize=not soak,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    # Room ran out, transactions were made, power went: not just anything was tried.
    assert sum(run.rig.flash.n_erases for run in ran) > 5 * len(ran)
    tried = {operation[0] for run in ran for operation, _ in run.trace}
    assert tried >= {"put", "delete", "append", "amend", "trim", "commit", "abort", "power", "tidy"}
    assert "lock" in tried
