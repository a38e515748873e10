"""Reads the log of a container group, of which Azure returns only the end once the container has stopped."""

from __future__ import annotations

import json
from typing import Any


class LogReader:
    """Joins the parts of a log that is polled, and parses the events of the deployer in it."""

    def __init__(self) -> None:
        self._known = ""
        self._unfinished = ""

    def read(self, content: str) -> list[dict[str, Any]]:
        """Return the new events in a response: either the whole log so far, or its end."""
        new = content[self._overlap(content) :]
        self._known += new
        *lines, self._unfinished = (self._unfinished + new).split("\n")
        return [_event(line) for line in lines]

    def close(self) -> list[dict[str, Any]]:
        """Return the event in a last line without a line break."""
        return [_event(self._unfinished)] if self._unfinished else []

    def _overlap(self, content: str) -> int:
        """Return how many characters at the beginning of `content` are known already."""
        known = self._known
        if content.startswith(known):
            return len(known)
        starts = range(max(0, len(known) - len(content)), len(known))
        return next((len(known) - start for start in starts if content.startswith(known[start:])), 0)


def _event(line: str) -> dict[str, Any]:
    """Return the event in a line; another line becomes an event with its text."""
    try:
        event = json.loads(line)
    except ValueError:
        event = None
    return event if isinstance(event, dict) else {"kind": "text", "message": line}
