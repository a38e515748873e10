"""Runs the plan of a command that changes a hub, and leaves a record, however the run ends."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from azure.core.exceptions import AzureError as SdkError

from deployer.azure.errors import azure_error
from deployer.commands.recording import INTERRUPTED_RECORD_LIMIT, RECORD_LIMIT, Ending, Run, leave_record
from deployer.commands.stopped_cluster import explain_stop
from deployer.crashes import full_disk, words_of
from deployer.errors import AlreadyRunningError, DeployerError, Interrupted, RepeatableCrash
from deployer.outputs.stores import CONTAINER, blob_endpoint
from deployer.progress.events import Event, EventKind
from deployer.progress.lines import duration
from deployer.progress.report import StepReport
from deployer.run.context import Context
from deployer.run.workflow import STOPPED, run_steps

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from pathlib import Path

    from deployer.names import HubNames
    from deployer.plan import Plan
    from deployer.progress.events import Sink
    from deployer.settings import Settings


@dataclass(frozen=True)
class Job:
    """What a command runs.

    Attributes:
        plan: its steps.
        opening: what it does, for the first line of the log.
        closing: given the names of the hub, returns the last line of a successful run.
        resume: the command that goes on where an interrupted run ended.
        leaves_next_steps: whether the hub works at the end, so that the run leaves the page of next steps.
        recover: called when the run failed, while its locks are still held; returns the error to report.

    """

    plan: Plan
    opening: str
    closing: Callable[[HubNames], str]
    resume: str
    leaves_next_steps: bool = False
    recover: Callable[[Context, DeployerError, StepReport], Awaitable[DeployerError]] | None = None


@dataclass(frozen=True)
class RunOptions:
    """What is not a setting of the hub.

    Attributes:
        helm: the helm program.
        directory: where outputs go when the settings name no storage account.
        wait_for_lock: whether to wait for another run of the same hub, instead of failing.

    """

    helm: Path
    directory: Path
    wait_for_lock: bool = False


@dataclass(frozen=True)
class Finished:
    """The result of a successful run.

    Attributes:
        names: of the hub.
        outputs: where the outputs of the run are.
        notes: what the reader still has to know or do.

    """

    names: HubNames
    outputs: str
    notes: tuple[str, ...]


async def run_job(
    job: Job, settings: Settings, warnings: Sequence[str], sinks: Sequence[Sink], options: RunOptions
) -> Finished:
    """Run the steps of a command.

    Args:
        job: what to run.
        settings: validated settings.
        warnings: about the settings, shown at the start.
        sinks: receive the events of the run.
        options: of the command.

    Raises:
        AlreadyRunningError: another run works on the same hub.
        DeployerError: the run failed; record and log are in the outputs if these could be opened.
        Interrupted: the run was cancelled.
        RepeatableCrash: a programming error, in a container whose starts are counted.

    """
    run = Run.start(settings, sinks)
    try:
        finished = await _run_job(job, settings, warnings, options, run)
        run.emit_end(EventKind.RUN_DONE, _summary(job, finished))
    except DeployerError as error:
        kind = EventKind.RUN_INTERRUPTED if isinstance(error, Interrupted) else EventKind.RUN_FAILED
        run.emit_end(kind, error.message)
        raise
    except Exception as crash:
        run.emit_end(EventKind.RUN_FAILED, words_of(crash))
        if run.results.start.is_set:
            raise RepeatableCrash(f"The deployer crashed at start {run.results.start.get()}.") from crash
        raise
    finally:
        run.progress.close()
    return finished


async def _run_job(
    job: Job, settings: Settings, warnings: Sequence[str], options: RunOptions, run: Run
) -> Finished:
    """Run the plan, and close or remove at its end what its steps opened."""
    run.progress.emit(Event(EventKind.RUN_STARTED, _opening(job, settings)))
    for warning in warnings:
        run.progress.emit(Event(EventKind.WARNING, warning))
    async with AsyncExitStack() as resources:
        context = Context(
            settings,
            run.started,
            options.directory,
            options.helm,
            run.redactor,
            resources,
            _aborter(run),
            wait_for_lock=options.wait_for_lock,
            results=run.results,
        )
        await _run_recorded(job, context, run)
    return _finished(context, run)


def _finished(context: Context, run: Run) -> Finished:
    notes = tuple(note.message for note in run.notes.all())
    return Finished(context.names, context.outputs.location, notes)


def _opening(job: Job, settings: Settings) -> str:
    """Return the first line of the log, which names the place of the outcome."""
    if settings.storage_account_name is None:
        return job.opening
    outputs = f"{blob_endpoint(settings.storage_account_name)}/{CONTAINER}"
    return f"{job.opening}. The last line of this log says how it ended; record and log are kept in {outputs}"


def _summary(job: Job, finished: Finished) -> str:
    count = len(finished.notes)
    noted = {0: "", 1: ", with a note"}.get(count, f", with {count} notes")
    return f"{job.closing(finished.names)}{noted}"


async def _run_recorded(job: Job, context: Context, run: Run) -> None:
    """Run the plan; write record and log at the end, however the run ends."""
    try:
        await _run_plan(job, context, run)
    except AlreadyRunningError:
        # Without a record: `latest.json` belongs to the run that goes on.
        raise
    except asyncio.CancelledError:
        ending = _cancellation(run, job)
    except Exception as error:  # noqa: BLE001 - raised again once it is recorded
        ending = Ending("failed", words_of(error), error)
    else:
        ending = Ending("done", _summary(job, _finished(context, run)), next_steps=job.leaves_next_steps)
    limit = INTERRUPTED_RECORD_LIMIT if ending.status == "interrupted" else RECORD_LIMIT
    try:
        if ending.status == "failed" and isinstance(ending.error, DeployerError):
            await explain_stop(context, ending.error)
        await leave_record(context, run, ending, limit)
    except asyncio.CancelledError:
        # The run has ended as it has, and there is little time left to say so.
        _uncancel()
        await leave_record(context, run, ending, INTERRUPTED_RECORD_LIMIT)
    if ending.error is not None:
        raise ending.error from None


async def _run_plan(job: Job, context: Context, run: Run) -> None:
    """Run the steps of the plan, and recover where they fail, which can be interrupted like a step."""
    limit = asyncio.timeout(context.requested.maximum_duration)
    try:
        async with limit:
            await run_steps(job.plan.steps, context, run.progress, run.record)
    except AlreadyRunningError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, it is raised again, in words for people
        explained = azure_error(error) if isinstance(error, SdkError) else full_disk(error) or error
        if limit.expired():
            explained = _overdue(context, run)
        if job.recover is not None and isinstance(explained, DeployerError):
            explained = await job.recover(context, explained, StepReport("binderhub", run.progress))
        raise explained from None


def _overdue(context: Context, run: Run) -> DeployerError:
    running = [step.name for step in run.record.steps.values() if step.message == STOPPED]
    return DeployerError(
        f"The run did not end within {duration(context.requested.maximum_duration)}.",
        cause=f"Still running: {', '.join(running)}." if running else None,
        suggestion="Start again: everything that exists already is kept. For a longer limit, set "
        "MAXIMUM_DURATION.",
        retryable=True,
    )


def _aborter(run: Run) -> Callable[[DeployerError], None]:
    """Return a function that ends this run with an error, from another task."""
    task = asyncio.current_task()

    def abort(error: DeployerError) -> None:
        run.aborted = error
        if task is not None:
            task.cancel()

    return abort


def _cancellation(run: Run, job: Job) -> Ending:
    """Return how a run ends whose task was cancelled: by a signal, or with the error of `_aborter`."""
    _uncancel()
    if run.aborted is not None:
        return Ending("failed", run.aborted.message, run.aborted)
    error = Interrupted(
        "The run was interrupted.",
        suggestion=f"Run {job.resume} again: it resumes where this run ended.",
        retryable=True,
    )
    return Ending("interrupted", error.message, error)


def _uncancel() -> None:
    """Let this task go on: it stays cancelled otherwise, and its next await ends at once."""
    if (task := asyncio.current_task()) is not None:
        task.uncancel()
