"""How a run went so far, step by step: filled by the scheduler, written into the record of the run."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class StepStatus(StrEnum):
    """The state of a step."""

    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass
class StepRecord:
    """How one step went.

    Attributes:
        name: of the step.
        status: its state.
        message: what it found or changed, why it failed, or why it was skipped.
        seconds: how long it ran; None before its end.

    """

    name: str
    status: StepStatus = StepStatus.PENDING
    message: str = ""
    seconds: float | None = None


@dataclass
class RunRecord:
    """How the steps of a run went, in the order of the plan."""

    steps: dict[str, StepRecord] = field(default_factory=dict)
