"""Each event is one line of JSON, and a reader that goes away does not end the run."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime

from deployer.progress.events import Event, EventKind
from deployer.progress.json_log import JsonLog

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


class GoneStream(io.StringIO):
    """A stream whose reader has gone away."""

    def write(self, _text: str) -> int:
        raise BrokenPipeError


def test_an_event_is_one_line_with_what_it_has() -> None:
    stream = io.StringIO()
    event = Event(EventKind.STEP_DONE, "two\nlines, é", step="cluster", seconds=228.1234, time=NOON)
    JsonLog([stream]).receive(event)
    assert stream.getvalue().count("\n") == 1
    assert json.loads(stream.getvalue()) == {
        "time": "2026-11-24T12:00:00.000+00:00",
        "kind": "step_done",
        "step": "cluster",
        "message": "two\nlines, é",
        "seconds": 228.123,
    }


def test_what_does_not_apply_is_left_out() -> None:
    stream = io.StringIO()
    JsonLog([stream]).receive(Event(EventKind.RUN_STARTED, "hello"))
    assert set(json.loads(stream.getvalue())) == {"time", "kind", "message"}


def test_every_stream_gets_the_line_whatever_becomes_of_the_others() -> None:
    closed, left = io.StringIO(), io.StringIO()
    closed.close()
    JsonLog([GoneStream(), closed, left]).receive(Event(EventKind.WARNING, "careful"))
    assert json.loads(left.getvalue())["message"] == "careful"


def test_the_log_is_readable_where_only_ascii_is() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    JsonLog([stream]).receive(Event(EventKind.WARNING, "Zürich"))
    assert json.loads(raw.getvalue())["message"] == "Zürich"
