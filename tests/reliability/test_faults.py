"""A spread of the fault cells; `make reliability` tries all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.reliability.cells import FAILURES, TARGETS, Cell
from tests.reliability.trial import try_cells

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.client import RunningSandbox
    from tests.reliability.cells import Failure


# The two that tempt a client most to go wrong: it may repeat what has been done, and read half an answer.
TRICKY = tuple(each for each in FAILURES if each.name in {"reset after the server acted", "cut off"})


def spread(failure: Failure) -> tuple[Cell, ...]:
    """Return the cells of one kind of failure whose requests are far apart."""
    first = FAILURES.index(failure)
    return tuple(Cell(target, failure) for target in TARGETS[first :: len(FAILURES)])


@pytest.mark.parametrize("failure", TRICKY, ids=lambda failure: failure.name)
def test_failures_that_pass_end_no_run(sandbox: RunningSandbox, tmp_path: Path, failure: Failure) -> None:
    trial = try_cells(sandbox, spread(failure), tmp_path)
    assert trial.survived, f"{trial.endings}\n{trial.log}"
