"""A sink for tests, which keeps what a run tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deployer.progress.events import Event, EventKind


class KeptEvents:
    """A sink that keeps all events."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def receive(self, event: Event) -> None:
        self.events.append(event)

    def close(self) -> None:
        """Nothing is open."""

    @property
    def messages(self) -> list[str]:
        """What the events say, in order."""
        return [event.message for event in self.events]

    def of(self, kind: EventKind) -> list[str | None]:
        """Return the steps of the events of one kind."""
        return [event.step for event in self.events if event.kind is kind]
