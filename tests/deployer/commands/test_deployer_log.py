"""Which lines of the deployer's log are shown."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from deployer.commands.deployer_log import container_lines, stored_lines
from deployer.kubernetes.pod_logs import LogRange
from deployer.progress.events import Event, EventKind
from deployer.progress.json_log import JsonLog
from deployer.progress.log_text import LogText

if TYPE_CHECKING:
    from collections.abc import Callable

    from deployer.kubernetes.pod_logs import LogLine

    Read = Callable[[list[str], LogRange, datetime], list[LogLine]]

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
MINUTE = 60
EVENTS = [
    Event(EventKind.STEP_PROGRESS, f"{minutes} minutes ago", "cluster", time=NOW - timedelta(minutes=minutes))
    for minutes in (9, 7, 5, 3, 1)
]


def stored() -> list[str]:
    """Return the log that a run leaves in its outputs."""
    log = LogText()
    for event in EVENTS:
        log.receive(event)
    return log.text().splitlines()


def of_the_container() -> list[str]:
    """Return the log that a run writes in its container."""
    stream = io.StringIO()
    log = JsonLog([stream])
    for event in EVENTS:
        log.receive(event)
    return stream.getvalue().splitlines()


@pytest.mark.parametrize(("read", "log"), [(stored_lines, stored()), (container_lines, of_the_container())])
@pytest.mark.parametrize(
    ("wanted", "shown"),
    [
        (LogRange(), EVENTS),
        (LogRange(since=6 * MINUTE), EVENTS[2:]),
        (LogRange(since=30), []),
        (LogRange(since=60 * MINUTE), EVENTS),
        (LogRange(tail=2), EVENTS[3:]),
        (LogRange(since=6 * MINUTE, tail=2), EVENTS[3:]),
        (LogRange(since=2 * MINUTE, tail=4), EVENTS[4:]),
    ],
)
def test_only_lines_of_the_wanted_time_and_number_are_shown(
    read: Read, log: list[str], wanted: LogRange, shown: list[Event]
) -> None:
    lines = read(log, wanted, NOW)
    assert len(lines) == len(shown)
    assert all(event.message in line.message for event, line in zip(shown, lines, strict=True))


def test_what_a_container_writes_beside_events_is_as_old_as_the_line_before_it() -> None:
    *earlier, last = of_the_container()
    log = ["the start", *earlier, "Traceback", "123", '{"time": 1}', last, "Traceback"]
    lines = container_lines(log, LogRange(since=2 * MINUTE), NOW)
    assert [line.message for line in lines] == ["the start", last, "Traceback"]
