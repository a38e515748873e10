"""Formats events and durations as plain text, for logs and for terminals that can only append."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, TextIO

from deployer.progress.events import EventKind

if TYPE_CHECKING:
    from deployer.progress.events import Event

_WORDS = {
    EventKind.RUN_STARTED: "started",
    EventKind.STEP_STARTED: "started",
    EventKind.STEP_PROGRESS: "",
    EventKind.WARNING: "warning",
    EventKind.NOTE: "note",
    EventKind.STEP_DONE: "done",
    EventKind.STEP_FAILED: "failed",
    EventKind.STEP_SKIPPED: "skipped",
    EventKind.RUN_DONE: "done",
    EventKind.RUN_FAILED: "failed",
    EventKind.RUN_INTERRUPTED: "interrupted",
}


def duration(seconds: float) -> str:
    """Return a duration for people: `0.4 s`, `42 s`, `3 min 48 s`, `1 h 02 min`."""
    if seconds < 9.95:  # noqa: PLR2004 - below that, tenths matter
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:  # noqa: PLR2004 - a minute
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:  # noqa: PLR2004 - an hour
        return f"{minutes} min {rest:02} s"
    return f"{minutes // 60} h {minutes % 60:02} min"


def one_line(message: str) -> str:
    """Return a message without its line breaks."""
    return " ".join(message.split())


def write_line(stream: TextIO, line: str) -> None:
    """Write a line at once; do nothing when the reader has gone away, which must not end what is reported."""
    # OSError: the reader is gone or the disk is full; ValueError: the stream is closed.
    with suppress(OSError, ValueError):
        stream.write(f"{line}\n")
        stream.flush()


def event_line(event: Event) -> str:
    """Return an event as one line of a log: time (UTC), step, kind, duration, message."""
    word = _WORDS[event.kind]
    if event.seconds is not None:
        word += f" in {duration(event.seconds)}"
    text = ": ".join(part for part in (word, one_line(event.message)) if part)
    return f"{event.time:%Y-%m-%d %H:%M:%SZ}  {event.step or 'run'}  {text}"
