"""A spread of the fault cells; `make reliability` tries all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.reliability.cells import FAILURES, TARGETS, Cell
from tests.reliability.trial import try_cells

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.client import RunningSandbox


# The two that tempt a client most to go wrong: it may repeat what has been done, and read half an answer.
TRICKY = tuple(each for each in FAILURES if each.name in {"reset after the server acted", "cut off"})


def spread() -> tuple[Cell, ...]:
    """Return cells of both, whose requests are far apart."""
    return tuple(
        Cell(target, failure)
        for failure in TRICKY
        for target in TARGETS[FAILURES.index(failure) :: len(FAILURES)]
    )


def test_failures_that_pass_end_no_run(sandbox: RunningSandbox, tmp_path: Path) -> None:
    trial = try_cells(sandbox, spread(), tmp_path)
    assert trial.survived, f"{trial.endings}\n{trial.log}"
