"""Keeps the log of a run as text, which is written into the outputs when the run ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.progress.lines import event_line

if TYPE_CHECKING:
    from deployer.progress.events import Event


class LogText:
    """A sink that keeps one line for each event."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def receive(self, event: Event) -> None:
        """Keep one event."""
        self._lines.append(event_line(event))

    def close(self) -> None:
        """Do nothing: the text stays available."""

    def text(self, *following: Event) -> str:
        """Return the log so far with the events that are known to follow, each line ended."""
        lines = [*self._lines, *map(event_line, following)]
        return "".join(f"{line}\n" for line in lines)
