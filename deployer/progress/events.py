"""The events of a run, which steps emit and every sink (terminal, JSON log, record) receives.

A *warning* is shown when it occurs: something the reader should know before the run is over. A *note* is also
kept for the end and the record: something that the reader still has to know or do when the run is done.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


# A wait reports its state every few seconds; sinks get the same message only this often.
REPEATED_AFTER = timedelta(seconds=30)


class EventKind(StrEnum):
    """The kind of an event."""

    RUN_STARTED = "run_started"
    STEP_STARTED = "step_started"
    STEP_PROGRESS = "step_progress"
    WARNING = "warning"
    NOTE = "note"
    STEP_DONE = "step_done"
    STEP_FAILED = "step_failed"
    STEP_SKIPPED = "step_skipped"
    RUN_DONE = "run_done"
    RUN_FAILED = "run_failed"
    RUN_INTERRUPTED = "run_interrupted"


@dataclass(frozen=True)
class Event:
    """One event.

    Attributes:
        kind: of the event.
        message: one sentence for people, without secrets.
        step: name of the step; None for events of the run itself.
        seconds: how long the step or the run took; only in events that end one.
        time: when it happened, UTC.

    """

    kind: EventKind
    message: str
    step: str | None = None
    seconds: float | None = None
    time: datetime = field(default_factory=lambda: datetime.now(UTC))


class Sink(Protocol):
    """Receives the events of a run, to show or to keep them."""

    def receive(self, event: Event) -> None:
        """Handle one event; must not block and must not raise."""

    def close(self) -> None:
        """Finish: no event follows."""


class Progress:
    """Passes each event to every sink.

    Args:
        sinks: receive the events.
        clean: masks secrets in a message; applied to every event.

    """

    def __init__(self, sinks: Sequence[Sink] = (), clean: Callable[[str], str] = str) -> None:
        self._sinks = tuple(sinks)
        self._clean = clean
        self._last: dict[str | None, Event] = {}

    def emit(self, event: Event) -> None:
        """Pass an event to all sinks, except progress that the step has just reported."""
        cleaned = replace(event, message=self._clean(event.message))
        if self._is_repeated(cleaned):
            return
        self._last[event.step] = cleaned
        for sink in self._sinks:
            sink.receive(cleaned)

    def close(self) -> None:
        """Close all sinks."""
        for sink in self._sinks:
            sink.close()

    def _is_repeated(self, event: Event) -> bool:
        before = self._last.get(event.step)
        return (
            event.kind is EventKind.STEP_PROGRESS
            and before is not None
            and (before.kind, before.message) == (event.kind, event.message)
            and event.time - before.time < REPEATED_AFTER
        )
