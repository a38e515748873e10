"""Reads the log of a container group as Azure gives it: whole while it runs, then only its end."""

from __future__ import annotations

import json
from typing import Any


class LogReader:
    """Puts together a log that is asked for again and again, and reads the deployer's events in it."""

    def __init__(self) -> None:
        self._known = ""
        self._unfinished = ""

    def read(self, content: str) -> list[dict[str, Any]]:
        """Take what Azure answers now, a longer log or its end; return the events that are new."""
        new = content[self._overlap(content) :]
        self._known += new
        *lines, self._unfinished = (self._unfinished + new).split("\n")
        return [_event(line) for line in lines]

    def close(self) -> list[dict[str, Any]]:
        """Return what stands in a last line that was not ended."""
        return [_event(self._unfinished)] if self._unfinished else []

    def _overlap(self, content: str) -> int:
        """How many characters at the beginning of `content` are known already."""
        known = self._known
        if content.startswith(known):
            return len(known)
        starts = range(max(0, len(known) - len(content)), len(known))
        return next((len(known) - start for start in starts if content.startswith(known[start:])), 0)


def _event(line: str) -> dict[str, Any]:
    """Read a line; one that is no event is told as it stands."""
    try:
        event = json.loads(line)
    except ValueError:
        event = None
    return event if isinstance(event, dict) else {"kind": "text", "message": line}
