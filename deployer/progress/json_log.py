"""Writes events as JSON, one object a line, for machines and for the log of a container.

A log must not end a deployment: when its reader has gone away, nothing is written any more.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TextIO

from deployer.progress.lines import write_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deployer.progress.events import Event


def as_json(event: Event) -> dict[str, Any]:
    """Return an event as a JSON object, without the fields that do not apply."""
    fields = {
        "time": event.time.isoformat(timespec="milliseconds"),
        "kind": event.kind.value,
        "step": event.step,
        "message": event.message,
        "seconds": None if event.seconds is None else round(event.seconds, 3),
    }
    return {name: value for name, value in fields.items() if value is not None}


class JsonLog:
    """A sink that writes each event at once, as one line of JSON.

    Args:
        streams: each gets every line, even if another one fails.

    """

    def __init__(self, streams: Sequence[TextIO]) -> None:
        self._streams = tuple(streams)

    def receive(self, event: Event) -> None:
        """Write one event."""
        line = json.dumps(as_json(event))
        for stream in self._streams:
            write_line(stream, line)

    def close(self) -> None:
        """Do nothing: the streams belong to the caller."""
