"""Shows what a command waits for that has no list of steps: nobody watches silence for ten minutes."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, TextIO

from deployer.progress.events import EventKind
from deployer.progress.lines import one_line, write_line

if TYPE_CHECKING:
    from deployer.progress.events import Event

# Most of these commands end sooner, and show nothing beside their result. Seconds.
SILENT_FOR = 5.0


class WaitLog:
    """A sink that writes the progress of a command, once it has been silent for a while.

    Args:
        stream: where the lines go; not where the result goes.
        silent_for: seconds in which nothing is written.

    """

    def __init__(self, stream: TextIO, silent_for: float = SILENT_FOR) -> None:
        self._stream = stream
        self._begins = monotonic() + silent_for

    def receive(self, event: Event) -> None:
        """Write the message, if it comes late."""
        if event.kind is not EventKind.STEP_PROGRESS or monotonic() < self._begins:
            return
        write_line(self._stream, one_line(event.message))

    def close(self) -> None:
        """Do nothing: the stream belongs to the caller."""
