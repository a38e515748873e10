"""Runs steps in the order that their dependencies allow, side by side where they don't depend on each other.

Knows nothing of Azure: a step is a name, what it needs, and a coroutine. Keeping the scheduler this small
lets `plan.py` be the one place where the order of a deployment is read.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from graphlib import CycleError, TopologicalSorter
from time import monotonic
from typing import TYPE_CHECKING, Generic, TypeVar

from deployer.progress.events import Event, EventKind, Progress

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

ContextT = TypeVar("ContextT")


class StepStatus(StrEnum):
    """Where a step stands."""

    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"


class StepReport:
    """What a step tells while it runs: bound to the step's name, passed on to every sink."""

    def __init__(self, step: str, progress: Progress) -> None:
        self._step = step
        self._progress = progress

    def progress(self, message: str) -> None:
        """Say what is going on, for example what is waited for."""
        self._emit(EventKind.STEP_PROGRESS, message)

    def warning(self, message: str) -> None:
        """Say what people should know although the run goes on."""
        self._emit(EventKind.WARNING, message)

    def note(self, message: str) -> None:
        """Leave a note: the run can be done, but this remains to be known or done."""
        self._emit(EventKind.NOTE, message)

    def _emit(self, kind: EventKind, message: str) -> None:
        self._progress.emit(Event(kind, message, step=self._step))


@dataclass(frozen=True)
class Step(Generic[ContextT]):
    """One step of a plan.

    Attributes:
        name: short, unique, kebab-case; what events and the record call it.
        title: one line for people: what the step makes sure of.
        action: ensures it; returns one line that says what was found or changed.
        needs: names of the steps whose results it uses.
        creates: what it creates where it is not there yet, one resource a line.

    """

    name: str
    title: str
    action: Callable[[ContextT, StepReport], Awaitable[str]]
    needs: tuple[str, ...] = ()
    creates: tuple[str, ...] = ()


@dataclass
class StepRecord:
    """How one step went."""

    name: str
    status: StepStatus = StepStatus.PENDING
    message: str = ""
    seconds: float | None = None


@dataclass
class RunRecord:
    """How a run went, step by step, in the plan's order."""

    steps: dict[str, StepRecord] = field(default_factory=dict)


class InvalidGraphError(ValueError):
    """The steps can't be put in order: a programming error, found before anything runs."""


def validate_graph(steps: Sequence[Step[ContextT]]) -> None:
    """Refuse a duplicate name, an unknown dependency or a cycle.

    Raises:
        InvalidGraphError: naming the steps that are at fault.

    """
    counts = Counter(step.name for step in steps)
    if duplicates := [name for name, count in counts.items() if count > 1]:
        raise InvalidGraphError(f"steps with the same name: {', '.join(duplicates)}")
    for step in steps:
        if missing := [need for need in step.needs if need not in counts]:
            raise InvalidGraphError(f"step {step.name} needs unknown steps: {', '.join(missing)}")
    try:
        TopologicalSorter({step.name: step.needs for step in steps}).prepare()
    except CycleError as error:
        raise InvalidGraphError(f"steps need each other: {' -> '.join(error.args[1])}") from error


async def run_steps(
    steps: Sequence[Step[ContextT]], context: ContextT, progress: Progress, record: RunRecord
) -> None:
    """Run all steps, each as soon as what it needs is done.

    The first failure cancels what is still running (Azure finishes what it was asked for; the next run
    finds it) and is raised; what never started is recorded as skipped.

    Args:
        steps: a valid graph, see `validate_graph`.
        context: handed to every step.
        progress: receives the events.
        record: filled while the run goes on, so that it is complete whatever ends the run.

    Raises:
        Exception: what the first failing step raised.

    """
    validate_graph(steps)
    record.steps.update({step.name: StepRecord(step.name) for step in steps})
    try:
        await _run_graph(steps, context, progress, record)
    finally:
        _skip_unfinished(record, progress)


async def _run_graph(
    steps: Sequence[Step[ContextT]], context: ContextT, progress: Progress, record: RunRecord
) -> None:
    finished = {step.name: asyncio.Event() for step in steps}

    async def run_when_ready(step: Step[ContextT]) -> None:
        for need in step.needs:
            await finished[need].wait()
        await _run_step(step, context, progress, record.steps[step.name])
        finished[step.name].set()

    try:
        async with asyncio.TaskGroup() as group:
            for step in steps:
                group.create_task(run_when_ready(step), name=step.name)
    except BaseExceptionGroup as failures:
        # The first one is the cause; others failed on their way out.
        raise failures.exceptions[0] from None


async def _run_step(step: Step[ContextT], context: ContextT, progress: Progress, record: StepRecord) -> None:
    record.status = StepStatus.RUNNING
    progress.emit(Event(EventKind.STEP_STARTED, step.title, step=step.name))
    started = monotonic()
    try:
        record.message = await step.action(context, StepReport(step.name, progress))
    except Exception as error:
        record.status, record.message, record.seconds = StepStatus.FAILED, str(error), monotonic() - started
        progress.emit(Event(EventKind.STEP_FAILED, str(error), step=step.name, seconds=record.seconds))
        raise
    record.status, record.seconds = StepStatus.DONE, monotonic() - started
    progress.emit(Event(EventKind.STEP_DONE, record.message, step=step.name, seconds=record.seconds))


def _skip_unfinished(record: RunRecord, progress: Progress) -> None:
    for step in record.steps.values():
        if step.status is StepStatus.RUNNING:
            _skip(step, "stopped before its end; the next run resumes it", progress)
        elif step.status is StepStatus.PENDING:
            _skip(step, "not started", progress)


def _skip(step: StepRecord, why: str, progress: Progress) -> None:
    step.status, step.message = StepStatus.SKIPPED, why
    progress.emit(Event(EventKind.STEP_SKIPPED, why, step=step.name))
