"""Keeps the notes of a run, for its end and its record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deployer.progress.events import EventKind

if TYPE_CHECKING:
    from deployer.progress.events import Event


@dataclass(frozen=True)
class Note:
    """A note, and the step that left it."""

    step: str | None
    message: str


class Notes:
    """A sink that keeps the notes."""

    def __init__(self) -> None:
        self._notes: list[Note] = []

    def receive(self, event: Event) -> None:
        """Keep an event if it is a note."""
        if event.kind is EventKind.NOTE:
            self._notes.append(Note(event.step, event.message))

    def close(self) -> None:
        """Do nothing: the notes stay available."""

    def all(self) -> tuple[Note, ...]:
        """Return the notes so far."""
        return tuple(self._notes)
