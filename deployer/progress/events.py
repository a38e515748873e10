"""Events of a run: what steps say, and what every sink (terminal, JSON log, record) receives."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


# What is waited for is looked at every few seconds; a log tells it once, and now and then that it goes on.
SAID_AGAIN_AFTER = timedelta(seconds=30)


class EventKind(StrEnum):
    """What an event tells; a note is what remains to be known or done when the run is done."""

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
    """One thing that happened.

    Attributes:
        kind: what happened.
        message: one sentence for people; never holds a secret.
        step: name of the step it happened in; None for the run itself.
        seconds: how long the step or the run took; only on events that end one.
        time: when it happened, UTC.

    """

    kind: EventKind
    message: str
    step: str | None = None
    seconds: float | None = None
    time: datetime = field(default_factory=lambda: datetime.now(UTC))


class Sink(Protocol):
    """Shows events to somebody."""

    def receive(self, event: Event) -> None:
        """Show one event; must not block and must not raise."""

    def close(self) -> None:
        """Finish what is shown: no event follows."""


class Progress:
    """Passes each event to every sink.

    Args:
        sinks: who is told.
        clean: takes secrets out of a message; applied to every event, whoever wrote it.

    """

    def __init__(self, sinks: Sequence[Sink] = (), clean: Callable[[str], str] = str) -> None:
        self._sinks = tuple(sinks)
        self._clean = clean
        self._said: dict[str | None, Event] = {}

    def emit(self, event: Event) -> None:
        """Tell all sinks; a step's progress that it has just told is not told again."""
        cleaned = replace(event, message=self._clean(event.message))
        if self._is_repeated(cleaned):
            return
        self._said[event.step] = cleaned
        for sink in self._sinks:
            sink.receive(cleaned)

    def close(self) -> None:
        """Close all sinks."""
        for sink in self._sinks:
            sink.close()

    def _is_repeated(self, event: Event) -> bool:
        before = self._said.get(event.step)
        return (
            event.kind is EventKind.STEP_PROGRESS
            and before is not None
            and (before.kind, before.message) == (event.kind, event.message)
            and event.time - before.time < SAID_AGAIN_AFTER
        )
