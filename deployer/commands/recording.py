"""Keeps what happens in a run, and writes it into the outputs when the run ends, however it ends."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic
from typing import TYPE_CHECKING

from deployer.azure.credentials import make_credential
from deployer.azure.retries import with_retries
from deployer.errors import DeployerError
from deployer.outputs.next_steps import render_next_steps
from deployer.outputs.record import cleaned, describe_run
from deployer.outputs.stores import RunOutputs, open_store
from deployer.progress.events import Event, EventKind, Progress
from deployer.progress.log_text import LogText
from deployer.progress.notes import Notes
from deployer.progress.report import StepReport
from deployer.progress.run_record import RunRecord
from deployer.redaction import REDACTOR
from deployer.run.results import Results
from deployer.settings.loading import hide_secrets

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from deployer.progress.events import Sink
    from deployer.redaction import Redactor
    from deployer.run.context import Context
    from deployer.settings import Settings

END_KINDS = {
    "done": EventKind.RUN_DONE,
    "failed": EventKind.RUN_FAILED,
    "interrupted": EventKind.RUN_INTERRUPTED,
}
# For writing the record, including repetitions. Seconds.
RECORD_LIMIT = 120.0
# The same after SIGTERM: Azure kills a container half a minute later. Seconds.
INTERRUPTED_RECORD_LIMIT = 5.0


@dataclass
class Run:
    """What is known of a run while it goes on.

    Attributes:
        redactor: masks the secrets of the run.
        log: the events so far, as text.
        notes: the notes so far.
        progress: receives the events.
        started: when the run started, UTC.
        record: how the steps went so far.
        results: what the steps have passed on so far.
        clock: reading of the monotonic clock at the start, in seconds.
        aborted: the error that ended the run from outside its steps.

    """

    redactor: Redactor
    log: LogText
    notes: Notes
    progress: Progress
    started: datetime
    record: RunRecord
    results: Results = field(default_factory=Results)
    clock: float = field(default_factory=monotonic)
    aborted: DeployerError | None = None

    @classmethod
    def start(cls, settings: Settings, sinks: Sequence[Sink]) -> Run:
        """Start a run whose events go to these sinks."""
        hide_secrets(settings)
        log, notes = LogText(), Notes()
        progress = Progress((*sinks, log, notes), REDACTOR.clean)
        return cls(REDACTOR, log, notes, progress, datetime.now(UTC), RunRecord())

    def emit_end(self, kind: EventKind, message: str) -> None:
        """Emit the last event, with the seconds since the start."""
        self.progress.emit(Event(kind, message, seconds=monotonic() - self.clock))

    def text(self, status: str, message: str) -> str:
        """Return the log with its last line, which is emitted only when the outputs are written."""
        message = self.redactor.clean(message)
        return self.log.text(Event(END_KINDS[status], message, seconds=monotonic() - self.clock))


@dataclass(frozen=True)
class Ending:
    """How a run ended.

    Attributes:
        status: `done`, `failed` or `interrupted`.
        message: the last line of the log.
        error: what ended the run, None for a success.
        next_steps: whether the page of next steps is written.

    """

    status: str
    message: str
    error: Exception | None = None
    next_steps: bool = False


async def leave_record(context: Context, run: Run, ending: Ending, limit: float) -> None:
    """Write record and log, and the page of next steps where that is wanted.

    A failure to do so never hides the error that ended the run, and is no failure of a run that was
    successful.

    Args:
        context: of the run.
        run: what is known of it.
        ending: how it ended.
        limit: seconds for that.

    """
    report = StepReport("outputs", run.progress)
    try:
        async with asyncio.timeout(limit), _opened(context) as outputs:
            await with_retries(
                report, "write the record", lambda: _write_outputs(outputs, context, run, ending)
            )
    except (DeployerError, OSError) as failure:  # TimeoutError is an OSError
        message = f"The outputs could not be written: {failure or 'no answer in time'}"
        if ending.error is None:
            report.note(message)
        else:
            report.warning(message)


@asynccontextmanager
async def _opened(context: Context) -> AsyncIterator[RunOutputs]:
    """Open the outputs for a run that ended before its step `outputs`; else return those of that step."""
    if context.results.outputs.is_set:
        yield context.outputs
        return
    settings = context.requested
    async with (
        make_credential(settings) as credential,
        open_store(settings.storage_account_name, credential, context.output_directory) as store,
    ):
        yield RunOutputs(store, context.started)


async def _write_outputs(outputs: RunOutputs, context: Context, run: Run, ending: Ending) -> None:
    notes = run.notes.all()
    session = context.results.session
    if ending.next_steps:
        page = render_next_steps(context.settings, context.names, [note.message for note in notes])
        await outputs.write("next-steps.md", page)
    record = describe_run(
        session.get().settings if session.is_set else context.requested,
        session.get().names if session.is_set else None,
        run.record,
        status=ending.status,
        started=run.started,
        notes=notes,
        error=ending.error,
    )
    await outputs.write_record(cleaned(record, run.redactor.clean))
    await outputs.write("deployment.log", run.text(ending.status, ending.message))
