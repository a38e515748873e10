"""The log of a run is one readable line for each event."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from deployer.progress.events import Event, EventKind
from deployer.progress.lines import duration
from deployer.progress.log_text import LogText

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def logged(*events: Event) -> list[str]:
    log = LogText()
    for event in events:
        log.receive(event)
    log.close()
    return log.text().splitlines()


def test_a_line_says_when_where_and_what() -> None:
    event = Event(EventKind.STEP_DONE, "Made the cluster", step="cluster", seconds=228.2, time=NOON)
    assert logged(event) == ["2026-11-24 12:00:00Z  cluster  done in 3 min 48 s: Made the cluster"]


def test_the_run_itself_is_named_where_there_is_no_step() -> None:
    event = Event(EventKind.RUN_INTERRUPTED, "Ctrl-C", time=NOON)
    assert logged(event) == ["2026-11-24 12:00:00Z  run  interrupted: Ctrl-C"]


def test_a_message_of_several_lines_stays_one_line() -> None:
    assert len(logged(Event(EventKind.STEP_PROGRESS, "one\ntwo\n\n  three", step="s"))) == 1


@pytest.mark.parametrize("kind", EventKind)
def test_every_kind_of_event_has_its_line(kind: EventKind) -> None:
    assert logged(Event(kind, "message"))[0].endswith("message")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.04, "0.0 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 min 00 s"),
        (228, "3 min 48 s"),
        (3599.7, "1 h 00 min"),
        (3900, "1 h 05 min"),
    ],
)
def test_durations_are_written_for_people(seconds: float, text: str) -> None:
    assert duration(seconds) == text
