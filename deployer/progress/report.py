"""What a step uses to report while it runs."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING

from deployer.progress.events import Event, EventKind

if TYPE_CHECKING:
    from deployer.progress.events import Progress


class StepReport:
    """Emits events under the name of one step.

    Args:
        step: name of the step.
        progress: passes the events to every sink.

    """

    def __init__(self, step: str, progress: Progress) -> None:
        self._step = step
        self._progress = progress

    def progress(self, message: str) -> None:
        """Report what is going on, for example what is waited for."""
        self._emit(EventKind.STEP_PROGRESS, message)

    def warning(self, message: str) -> None:
        """Report what the reader should know although the run goes on."""
        self._emit(EventKind.WARNING, message)

    def note(self, message: str) -> None:
        """Leave a note: the run can succeed, but the reader still has to know or do this."""
        self._emit(EventKind.NOTE, message)

    def _emit(self, kind: EventKind, message: str) -> None:
        self._progress.emit(Event(kind, message, step=self._step))


# For requests that are sent from many places, deep below the steps: only their repetitions are reported, and
# a parameter for that would run through every function between. Each task has a context of its own.
_CURRENT: ContextVar[StepReport | None] = ContextVar("current_report", default=None)


def set_current_report(report: StepReport) -> None:
    """Make a report that of the current task."""
    _CURRENT.set(report)


def current_report() -> StepReport | None:
    """Return the report of the step that runs in the current task, None outside a step."""
    return _CURRENT.get()
