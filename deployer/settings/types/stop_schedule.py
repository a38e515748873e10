"""The type of the setting STOP_SCHEDULE, which says when a hub is stopped: `Mon-Fri 20:00-07:00; Sat-Sun`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator

from deployer.settings.types.text import plain_text
from deployer.settings.types.validation import refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
SHORT = tuple(day[:3] for day in DAYS)
DAY_MINUTES = 24 * 60
WEEK_MINUTES = 7 * DAY_MINUTES
# Azure asks to wait half an hour before a stopped cluster is started again. Minutes.
SHORTEST = 60
# Azure's limit for the triggers of a workflow: one for each time of day.
MOST_TIMES = 10
EXAMPLE = "Write it like Mon-Fri 20:00-07:00; Sat-Sun (a part without times is whole days)."

_GROUPS = {
    "weekdays": range(5),
    "workdays": range(5),
    "weekends": range(5, 7),
    "weekend": range(5, 7),
    "daily": range(7),
    "everyday": range(7),
}
_DASHES = str.maketrans({"–": "-", "—": "-", "\u2212": "-", "\u2010": "-", "\u2011": "-"})
_PART = re.compile(r"(?P<days>[a-z,\s-]+?)(?:\s*(?P<begin>\d{1,2}:\d\d)\s*-\s*(?P<end>\d{1,2}:\d\d))?")
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True)
class Window:
    """Hours of some days.

    Attributes:
        days: 0 is Monday.
        begin: minutes after midnight.
        end: the same; of the next day where it is not after `begin`.

    """

    days: tuple[int, ...]
    begin: int = 0
    end: int = DAY_MINUTES

    @property
    def is_whole_days(self) -> bool:
        """Whether it has no times."""
        return (self.begin, self.end) == (0, DAY_MINUTES)

    @property
    def is_overnight(self) -> bool:
        """Whether it ends on the next day."""
        return self.end <= self.begin

    def __str__(self) -> str:
        days = ",".join(_ranges(self.days))
        return days if self.is_whole_days else f"{days} {clock(self.begin)}-{clock(self.end)}"


def clock(minutes: int) -> str:
    """Return a time of day, given in minutes after midnight: 07:00."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


def windows_of(schedule: str) -> tuple[Window, ...]:
    """Return the windows of a schedule.

    Raises:
        PydanticCustomError: it is not written as one.

    """
    text = schedule.translate(_DASHES).lower()
    parts = [part.strip() for part in re.split(r";|\band\b", text)]
    return tuple(_window(part) for part in parts if part)


def stops_of(schedule: str) -> tuple[tuple[int, int], ...]:
    """Return when the hub is stopped, each from stop to start, in minutes of the week.

    An end can lie in the week after. A night that follows a stopped day belongs to it: nobody wants a hub
    that starts at midnight.
    """
    windows = windows_of(schedule)
    nights = [window.end for window in windows if window.is_overnight]
    morning = min(nights, default=0)
    stopped = {minute % WEEK_MINUTES for window in windows for minute in _minutes_of(window, morning)}
    begins = sorted(minute for minute in stopped if (minute - 1) % WEEK_MINUTES not in stopped)
    return tuple((begin, _end(begin, stopped)) for begin in begins)


def stop_schedule(value: Any) -> str:
    """Accept the hours of the week in which the hub is stopped; return them in one way of writing.

    Days are Mon to Sun, weekdays, weekends and daily, alone, as ranges or separated by commas; parts are
    separated by semicolons. A part without times is whole days.
    """
    windows = windows_of(plain_text(value))
    if not windows:
        raise refusal("is not a schedule of the week.", EXAMPLE)
    text = "; ".join(str(window) for window in windows)
    _check(stops_of(text))
    return text


def _check(stops: tuple[tuple[int, int], ...]) -> None:
    """Refuse what Azure cannot do, or what is no schedule."""
    if not stops:
        raise refusal("leaves no time in which the hub runs.", "Leave hours out, or use the command stop.")
    following = [*(begin for begin, _ in stops[1:]), stops[0][0] + WEEK_MINUTES]
    spans = [(end - begin, after - end) for (begin, end), after in zip(stops, following, strict=True)]
    if min(map(min, spans)) < SHORTEST:
        raise refusal(
            "stops the hub, or lets it run, for less than an hour: Azure takes some minutes for each.",
            "Make each time at least an hour long.",
        )
    for times in ({begin % DAY_MINUTES for begin, _ in stops}, {end % DAY_MINUTES for _, end in stops}):
        if len(times) > MOST_TIMES:
            raise refusal(
                f"stops or starts the hub at more than {MOST_TIMES} different times of day.",
                "Use the same times on several days.",
            )


def _window(part: str) -> Window:
    found = _PART.fullmatch(part)
    if found is None:
        raise refusal("is not a schedule of the week.", EXAMPLE)
    days = tuple(sorted({day for name in found["days"].split(",") for day in _days(name)}))
    if found["begin"] is None:
        return Window(days)
    window = Window(days, _minutes(found["begin"]), _minutes(found["end"], last=DAY_MINUTES))
    if window.begin == window.end:
        raise refusal("has a time that ends when it begins.", "For whole days leave the times out: Sat-Sun.")
    return window


def _days(name: str) -> range | list[int]:
    """Return the days of `mon`, `monday`, `mon-fri` or `weekdays`."""
    words = re.sub(r"\s*-\s*", "-", name.strip())
    if words in _GROUPS:
        return _GROUPS[words]
    if words == "every day":
        return range(7)
    first, dash, last = words.partition("-")
    begin, end = _day(first), _day(last if dash else first)
    return [(begin + offset) % 7 for offset in range((end - begin) % 7 + 1)]


def _day(name: str) -> int:
    plural = name.removesuffix("s") if name.endswith("days") else name
    for number, day in enumerate(DAYS):
        if plural in {day.lower(), day[:3].lower()}:
            return number
    raise refusal("names a day that is none.", f"Days are {', '.join(SHORT)}, weekdays, weekends and daily.")


def _minutes(text: str, last: int = DAY_MINUTES - 1) -> int:
    found = _TIME.fullmatch(text)
    if found is not None:
        return int(found[1]) * 60 + int(found[2])
    if text == "24:00" and last == DAY_MINUTES:
        return DAY_MINUTES
    raise refusal("has a time that is none.", "Write times like 07:00 and 20:30.")


def _minutes_of(window: Window, morning: int) -> Iterator[int]:
    """Yield the minutes of a window, counted from the begin of the week; some may lie in the week after."""
    end = window.end
    if window.is_overnight:
        end += DAY_MINUTES
    elif window.is_whole_days:
        end += morning
    for day in window.days:
        yield from range(day * DAY_MINUTES + window.begin, day * DAY_MINUTES + end)


def _end(begin: int, stopped: set[int]) -> int:
    """Return the first minute after `begin` that is not one of `stopped`."""
    return next(minute for minute in range(begin, 2 * WEEK_MINUTES) if minute % WEEK_MINUTES not in stopped)


def _ranges(days: tuple[int, ...]) -> list[str]:
    """Return days as ranges: Mon-Fri, Sun."""
    ranges: list[list[int]] = []
    for day in days:
        if ranges and ranges[-1][-1] == day - 1:
            ranges[-1].append(day)
        else:
            ranges.append([day])
    return [SHORT[run[0]] if len(run) == 1 else f"{SHORT[run[0]]}-{SHORT[run[-1]]}" for run in ranges]


StopSchedule = Annotated[str, BeforeValidator(stop_schedule)]
