"""When a hub is stopped each week is written in words of the week, and means one thing."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from deployer.settings.types.stop_schedule import DAY_MINUTES, SHORT, clock, stop_schedule, stops_of


def stopped(schedule: str) -> list[str]:
    def moment(minutes: int) -> str:
        return f"{SHORT[minutes // DAY_MINUTES % 7]} {clock(minutes % DAY_MINUTES)}"

    return [f"{moment(begin)} to {moment(end)}" for begin, end in stops_of(stop_schedule(schedule))]


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("weekdays 20:00–07:00 and weekends", "Mon-Fri 20:00-07:00; Sat-Sun"),
        ("Monday - Friday 8:30-12:00", "Mon-Fri 08:30-12:00"),
        ("every day 23:00-6:00", "Mon-Sun 23:00-06:00"),
        ("sat, sun", "Sat-Sun"),
        ("Mondays,wed 20:00-24:00", "Mon,Wed 20:00-24:00"),
        ("Fri-Mon", "Mon,Fri-Sun"),
    ],
)
def test_a_schedule_is_kept_in_one_way_of_writing(written: str, kept: str) -> None:
    assert stop_schedule(written) == kept
    assert stop_schedule(kept) == kept


@pytest.mark.parametrize(
    ("schedule", "times"),
    [
        ("Sat-Sun", ["Sat 00:00 to Mon 00:00"]),
        ("Sun 20:00-07:00", ["Sun 20:00 to Mon 07:00"]),
        ("Sun 20:00-24:00; Mon 00:00-07:00", ["Sun 20:00 to Mon 07:00"]),
        ("Fri 20:00-07:00; Sat-Sun", ["Fri 20:00 to Mon 07:00"]),
        ("Thu 20:00-07:00; Fri 20:00-24:00", ["Thu 20:00 to Fri 07:00", "Fri 20:00 to Sat 00:00"]),
    ],
)
def test_a_hub_is_stopped_from_a_stop_to_the_next_start(schedule: str, times: list[str]) -> None:
    assert stopped(schedule) == times


def test_a_hub_for_working_hours_starts_on_monday_morning_and_not_at_midnight() -> None:
    times = stopped("weekdays 20:00-07:00 and weekends")
    assert times[-1] == "Fri 20:00 to Mon 07:00"
    assert len(times) == 5


@pytest.mark.parametrize(
    ("wrong", "rule"),
    [
        ("", "not a schedule"),
        ("Mon 20", "not a schedule"),
        ("20:00-07:00", "not a schedule"),
        ("Funday", "names a day that is none"),
        ("Mon 25:00-07:00", "has a time that is none"),
        ("Mon 24:00-07:00", "has a time that is none"),
        ("Mon 20:00-20:00", "ends when it begins"),
        ("daily", "no time in which the hub runs"),
        ("Mon 20:00-20:30", "less than an hour"),
        ("daily 00:30-24:00", "less than an hour"),
        ("; ".join(f"Mon {hour}:00-{hour + 1}:00" for hour in range(1, 23, 2)), "more than 10"),
    ],
)
def test_what_is_no_schedule_is_refused_with_what_to_write(wrong: str, rule: str) -> None:
    with pytest.raises(PydanticCustomError, match=re.escape(rule)):
        stop_schedule(wrong)


@given(st.text(alphabet="monfrisatweekdysuhld-–,;: 0123456789", max_size=60))
def test_any_text_is_a_schedule_or_is_refused(text: str) -> None:
    try:
        kept = stop_schedule(text)
    except PydanticCustomError:
        return
    assert stop_schedule(kept) == kept
    assert stops_of(kept) == stops_of(text)
