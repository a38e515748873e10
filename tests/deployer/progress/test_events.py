"""What steps say reaches every sink, but not again and again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from deployer.progress.events import Event, EventKind, Progress
from tests.deployer.kept_events import KeptEvents

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def heard(*said: tuple[float, str, str]) -> list[str]:
    """Let steps say something, each so many seconds after noon."""
    sink = KeptEvents()
    progress = Progress([sink])
    for seconds, step, message in said:
        time = NOON + timedelta(seconds=seconds)
        progress.emit(Event(EventKind.STEP_PROGRESS, message, step=step, time=time))
    return sink.messages


def test_what_is_still_waited_for_is_told_once() -> None:
    assert heard((0, "a", "waiting"), (3, "a", "waiting"), (6, "a", "nearly")) == ["waiting", "nearly"]


def test_a_long_wait_is_told_again_now_and_then() -> None:
    assert len(heard(*((seconds, "a", "waiting") for seconds in range(0, 91, 5)))) == 4


def test_steps_may_say_the_same() -> None:
    assert heard((0, "a", "waiting"), (0, "b", "waiting")) == ["waiting", "waiting"]
