"""Runs the steps of a plan, each as soon as the steps that it needs are done.

Knows nothing of Azure: a step is a name, the names of the steps that it needs, and a coroutine. Keeping the
scheduler this small lets `plan.py` be the one place where the order of a deployment is read.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter
from time import monotonic
from typing import TYPE_CHECKING, Generic, Self, TypeVar

from deployer.crashes import words_of
from deployer.progress.events import Event, EventKind
from deployer.progress.report import StepReport, set_current_report
from deployer.progress.run_record import RunRecord, StepRecord, StepStatus

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from deployer.names import HubNames
    from deployer.progress.events import Progress

ContextT = TypeVar("ContextT")

STOPPED = "stopped before its end; the next run resumes it"


def creates_nothing(_names: HubNames) -> tuple[str, ...]:
    """Return no resources: the default of `Step.creates`."""
    return ()


@dataclass(frozen=True)
class Step(Generic[ContextT]):
    """One step of a plan.

    Attributes:
        name: short, unique, kebab-case; events and the record refer to it.
        title: one line for people: verb and object.
        action: does the work; returns one line that tells what was found or changed.
        creates: given the names of the hub, returns the resources that the step creates where they are
            missing, one line each.
        needs: names of the steps whose results it uses.

    """

    name: str
    title: str
    action: Callable[[ContextT, StepReport], Awaitable[str]]
    creates: Callable[[HubNames], Sequence[str]] = creates_nothing
    needs: tuple[str, ...] = ()

    def after(self, *needs: str) -> Self:
        """Return this step with the names of the steps that it needs."""
        return replace(self, needs=needs)


class InvalidGraphError(ValueError):
    """The steps cannot be put in order: a programming error, found before anything runs."""


def validate_graph(steps: Sequence[Step[ContextT]]) -> None:
    """Check that names are unique, dependencies exist and nothing depends on itself.

    Raises:
        InvalidGraphError: with the names of the steps that are at fault.

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
    """Run all steps, side by side where they do not depend on each other.

    The first failure cancels the steps that still run and is raised. Azure completes what it was asked to do;
    the next run finds it. Steps that never started are recorded as skipped.

    Args:
        steps: a valid graph, see `validate_graph`.
        context: handed to every step.
        progress: receives the events.
        record: filled while the run goes on, so that it is complete however the run ends.

    Raises:
        Exception: the exception of the first step that failed.

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
        # A task group lists exceptions in the order in which tasks ended, and cancels the others at the
        # first: so the first is the cause, and any other came from a step on its way out.
        raise failures.exceptions[0] from None


async def _run_step(step: Step[ContextT], context: ContextT, progress: Progress, record: StepRecord) -> None:
    record.status = StepStatus.RUNNING
    progress.emit(Event(EventKind.STEP_STARTED, step.title, step=step.name))
    started = monotonic()
    report = StepReport(step.name, progress)
    set_current_report(report)
    try:
        record.message = await step.action(context, report)
    except Exception as error:
        words = words_of(error)
        record.status, record.message, record.seconds = StepStatus.FAILED, words, monotonic() - started
        progress.emit(Event(EventKind.STEP_FAILED, words, step=step.name, seconds=record.seconds))
        raise
    record.status, record.seconds = StepStatus.DONE, monotonic() - started
    progress.emit(Event(EventKind.STEP_DONE, record.message, step=step.name, seconds=record.seconds))


def _skip_unfinished(record: RunRecord, progress: Progress) -> None:
    for step in record.steps.values():
        if step.status is StepStatus.RUNNING:
            _skip(step, STOPPED, progress)
        elif step.status is StepStatus.PENDING:
            _skip(step, "not started", progress)


def _skip(step: StepRecord, why: str, progress: Progress) -> None:
    step.status, step.message = StepStatus.SKIPPED, why
    progress.emit(Event(EventKind.STEP_SKIPPED, why, step=step.name))
