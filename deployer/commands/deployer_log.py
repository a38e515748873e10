"""Picks the wanted lines of the deployer's own log, as a cluster does for the logs of its pods. Pure."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from deployer.kubernetes.pod_logs import LogLine

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from deployer.kubernetes.pod_logs import LogRange

SOURCE = "deployer"


def stored_lines(lines: Sequence[str], wanted: LogRange, now: datetime) -> list[LogLine]:
    """Return the wanted lines of the log that a run left in its outputs.

    Args:
        lines: of the whole log.
        wanted: which lines.
        now: the time from which they are counted back.

    """
    parted = (line.partition("  ") for line in _chosen(lines, _time_of_line, wanted, now))
    return [LogLine(SOURCE, "", time, message) for time, _, message in parted]


def container_lines(lines: Sequence[str], wanted: LogRange, now: datetime) -> list[LogLine]:
    """Return the wanted lines of the log of a container, most of which are events in JSON.

    Args:
        lines: of the log, as far as they were not shown yet.
        wanted: which lines.
        now: the time from which they are counted back.

    """
    return [LogLine(SOURCE, "", "", line) for line in _chosen(lines, _time_of_event, wanted, now)]


def _chosen(
    lines: Sequence[str], time_of: Callable[[str], datetime | None], wanted: LogRange, now: datetime
) -> Sequence[str]:
    if wanted.since is not None:
        lines = _not_before(now - timedelta(seconds=wanted.since), lines, time_of)
    return lines[-wanted.tail :] if wanted.tail else lines


def _not_before(
    moment: datetime, lines: Sequence[str], time_of: Callable[[str], datetime | None]
) -> Sequence[str]:
    """Return the lines that are not older; one without a time is as old as the line before it."""
    chosen, latest = [], moment
    for line in lines:
        latest = time_of(line) or latest
        if latest >= moment:
            chosen.append(line)
    return chosen


def _time_of_line(line: str) -> datetime | None:
    return _time(line.partition("  ")[0])


def _time_of_event(line: str) -> datetime | None:
    try:
        event = json.loads(line)
    except ValueError:
        return None  # A container also writes what is no event, such as a crash.
    return _time(event.get("time")) if isinstance(event, dict) else None


def _time(text: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text)).astimezone(UTC)
    except ValueError:
        return None
