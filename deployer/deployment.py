"""One run of `deploy`: opens the session, runs the plan, and leaves a record, whatever ends the run."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic
from typing import TYPE_CHECKING

from azure.core.exceptions import AzureError as SdkError

from deployer.azure.errors import azure_error
from deployer.context import Context
from deployer.errors import DeployerError, Interrupted, OutputsError
from deployer.next_steps import render_next_steps
from deployer.outputs import DirectoryOutputStore, RunOutputs, open_blob_store
from deployer.plan import SIGN_IN, build_plan
from deployer.progress.events import Event, EventKind, Progress
from deployer.progress.log_text import LogText
from deployer.progress.notes import Notes
from deployer.record import cleaned, describe_run
from deployer.redaction import Redactor
from deployer.session import Session, open_session
from deployer.workflow import RunRecord, StepReport, run_steps

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from deployer.names import HubNames
    from deployer.outputs import OutputStore
    from deployer.progress.events import Sink
    from deployer.settings import Settings


@dataclass(frozen=True)
class Deployed:
    """What a finished run leaves behind.

    Attributes:
        names: the hub's.
        outputs: where the run's outputs are.
        notes: what people have to know or do although the run is done.

    """

    names: HubNames
    outputs: str
    notes: tuple[str, ...]


@dataclass
class _Run:
    """What is known of a run while it goes on."""

    redactor: Redactor
    log: LogText
    notes: Notes
    progress: Progress
    started: datetime
    record: RunRecord


async def deploy(
    settings: Settings,
    notices: Sequence[str],
    *,
    sinks: Sequence[Sink],
    helm: Path,
    directory: Path,
) -> Deployed:
    """Deploy, or bring what is there to what the settings want.

    Args:
        settings: validated settings.
        notices: what was read otherwise than it was written, told at the start.
        sinks: who is told what happens.
        helm: the helm program.
        directory: where outputs go when the settings name no storage account.

    Raises:
        DeployerError: the run failed; record and log are in the outputs where these could be opened.
        Interrupted: the run was cancelled.

    """
    run = _start(settings, sinks)
    clock = monotonic()
    try:
        async with AsyncExitStack() as resources:
            run.progress.emit(
                Event(EventKind.RUN_STARTED, f"Deploying the BinderHub {settings.binderhub_name}")
            )
            for notice in notices:
                run.progress.emit(Event(EventKind.WARNING, notice))
            session = await _sign_in(settings, run, resources)
            store = await resources.enter_async_context(_open_store(session, directory))
            context = _context(session, store, run, helm, resources)
            await _run_recorded(context, run)
        notes = tuple(note.message for note in run.notes.all())
        done = Deployed(context.names, context.outputs.location, notes)
        run.progress.emit(Event(EventKind.RUN_DONE, _told(done), seconds=monotonic() - clock))
    except DeployerError as error:
        kind = EventKind.RUN_INTERRUPTED if isinstance(error, Interrupted) else EventKind.RUN_FAILED
        run.progress.emit(Event(kind, error.message, seconds=monotonic() - clock))
        raise _without_secrets(error, run.redactor) from None
    except Exception as crash:
        run.progress.emit(
            Event(EventKind.RUN_FAILED, f"{type(crash).__name__}: {crash}", seconds=monotonic() - clock)
        )
        # Python prints it with its traceback.
        crash.args = tuple(run.redactor.clean(str(each)) for each in crash.args)
        raise
    finally:
        run.progress.close()
    return done


async def _sign_in(settings: Settings, run: _Run, resources: AsyncExitStack) -> Session:
    """Open the session, told as a step: the plan is known only afterwards."""
    started = monotonic()

    def tell(kind: EventKind, message: str, seconds: float | None = None) -> None:
        run.progress.emit(Event(kind, message, step=SIGN_IN, seconds=seconds))

    tell(EventKind.STEP_STARTED, "Sign in to Azure")
    try:
        session = await resources.enter_async_context(
            open_session(settings, StepReport(SIGN_IN, run.progress))
        )
    except DeployerError as error:
        tell(EventKind.STEP_FAILED, error.message, monotonic() - started)
        raise
    except asyncio.CancelledError:
        tell(EventKind.STEP_SKIPPED, "stopped before its end")
        raise _interruption() from None
    subscription = session.settings.azure_subscription
    tell(EventKind.STEP_DONE, f"signed in; subscription {subscription}", monotonic() - started)
    return session


def _start(settings: Settings, sinks: Sequence[Sink]) -> _Run:
    redactor = Redactor()
    redactor.hide_settings(settings)
    log, notes = LogText(), Notes()
    progress = Progress((*sinks, log, notes), redactor.clean)
    return _Run(redactor, log, notes, progress, datetime.now(UTC), RunRecord())


def _told(done: Deployed) -> str:
    noted = {0: "", 1: ", with a note"}.get(len(done.notes), f", with {len(done.notes)} notes")
    return f"BinderHub is at {done.names.binder_url}{noted}"


@asynccontextmanager
async def _open_store(session: Session, directory: Path) -> AsyncIterator[OutputStore]:
    """Open the storage account of the settings, else the directory."""
    account = session.settings.storage_account_name
    if account is None:
        yield DirectoryOutputStore(directory)
        return
    async with open_blob_store(account, session.credential) as store:
        yield store


def _context(
    session: Session, store: OutputStore, run: _Run, helm: Path, resources: AsyncExitStack
) -> Context:
    return Context(
        settings=session.settings,
        names=session.names,
        credential=session.credential,
        azure=session.azure,
        helm=helm,
        outputs=RunOutputs(store, run.started),
        redactor=run.redactor,
        resources=resources,
    )


async def _run_recorded(context: Context, run: _Run) -> None:
    """Run the plan's steps; write record and log at its end, however it ends."""
    plan = build_plan(context.settings, context.names)
    try:
        await run_steps(plan.steps, context, run.progress, run.record)
    except asyncio.CancelledError:
        interrupted = _interruption()
        await _leave_record(context, run, "interrupted", interrupted)
        raise interrupted from None
    except Exception as error:  # noqa: BLE001 - whatever it is, the record tells it and it is raised again
        told = azure_error(error) if isinstance(error, SdkError) else error
        await _leave_record(context, run, "failed", told)
        raise told from None
    await context.outputs.write("next-steps.md", _next_steps(context, run))
    await _leave_record(context, run, "done", None)


def _next_steps(context: Context, run: _Run) -> str:
    notes = [note.message for note in run.notes.all()]
    return render_next_steps(context.settings, context.names, notes)


def _interruption() -> Interrupted:
    """Return the error for a cancellation; it is dealt with from here on, so what follows may await again."""
    if (task := asyncio.current_task()) is not None:
        task.uncancel()
    return Interrupted(
        "The run was interrupted.",
        suggestion="Run deploy again: it goes on where this run ended.",
        retryable=True,
    )


async def _leave_record(context: Context, run: _Run, status: str, error: Exception | None) -> None:
    """Write record and log; a failure to do so never hides the error that ended the run."""
    record = describe_run(
        context.settings,
        context.names,
        run.record,
        status=status,
        started=run.started,
        notes=run.notes.all(),
        error=error,
    )
    try:
        await context.outputs.write_record(cleaned(record, run.redactor.clean))
        await context.outputs.write("deployment.log", run.log.text())
    except (SdkError, OSError) as trouble:
        if error is None:
            raise OutputsError(f"The outputs could not be written: {trouble}", retryable=True) from None
        run.progress.emit(Event(EventKind.WARNING, f"the outputs could not be written: {trouble}"))


def _without_secrets(error: DeployerError, redactor: Redactor) -> DeployerError:
    error.message = redactor.clean(error.message)
    error.args = (error.message,)
    error.cause = redactor.clean(error.cause) if error.cause else None
    return error
