"""Keeps the notes of a run: what people have to know or do although it is done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deployer.progress.events import EventKind

if TYPE_CHECKING:
    from deployer.progress.events import Event


@dataclass(frozen=True)
class Note:
    """One note: the step that left it, and what it says."""

    step: str | None
    message: str


class Notes:
    """A sink that remembers notes."""

    def __init__(self) -> None:
        self._notes: list[Note] = []

    def receive(self, event: Event) -> None:
        """Remember an event that is a note."""
        if event.kind is EventKind.NOTE:
            self._notes.append(Note(event.step, event.message))

    def close(self) -> None:
        """Do nothing: the notes stay available."""

    def all(self) -> tuple[Note, ...]:
        """Return the notes so far."""
        return tuple(self._notes)
