"""When a recurrence trigger of a workflow fires next: at times of day in a zone that Windows names."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from tzlocal.windows_tz import win_tz

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
# Of the frequencies of Azure, those whose schedule names times of day.
FREQUENCIES = ("Day", "Week")


def problem_of(recurrence: Mapping[str, Any]) -> str:
    """Return what is wrong with a recurrence, "" for nothing."""
    schedule = recurrence.get("schedule") or {}
    if recurrence.get("frequency") not in FREQUENCIES or not schedule.get("hours"):
        return "the sandbox runs only recurrences by day or week, with the hours of their schedule"
    if not isinstance(recurrence.get("interval"), int) or recurrence["interval"] < 1:
        return "the interval must be a positive integer"
    if recurrence.get("timeZone", "UTC") not in win_tz:
        return f"the time zone '{recurrence['timeZone']}' is not valid"
    if not set(schedule.get("weekDays") or ()) <= set(DAYS):
        return f"the days of the week must be among {', '.join(DAYS)}"
    times = (("hours", 24), ("minutes", 60))
    if any(not 0 <= each < limit for field, limit in times for each in schedule.get(field) or ()):
        return "the hours must be 0 to 23, and the minutes 0 to 59"
    return ""


def next_time(recurrence: Mapping[str, Any], after: datetime) -> datetime:
    """Return the first moment after another at which a recurrence fires, in UTC.

    A recurrence that has no begin fires once as soon as it exists; that is for the caller.
    """
    return next(moment for moment in _times(recurrence, after) if moment > after)


def _times(recurrence: Mapping[str, Any], after: datetime) -> Iterator[datetime]:
    """Yield the moments of a recurrence from the day of `after` on, in order."""
    zone, schedule = ZoneInfo(win_tz[recurrence.get("timeZone", "UTC")]), recurrence["schedule"]
    begin = datetime.fromisoformat(recurrence.get("startTime") or after.isoformat())
    begin = begin.replace(tzinfo=zone) if begin.tzinfo is None else begin.astimezone(zone)
    day = max(after.astimezone(zone), begin).date()
    while True:
        if _falls_on(recurrence, begin, day):
            for hour in sorted(schedule["hours"]):
                for minute in sorted(schedule.get("minutes") or (0,)):
                    moment = datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone)
                    if moment >= begin:
                        yield moment.astimezone(UTC)
        day += timedelta(days=1)


def _falls_on(recurrence: Mapping[str, Any], begin: datetime, day: Any) -> bool:
    days = (day - begin.date()).days
    if recurrence["frequency"] == "Day":
        return bool(days % recurrence["interval"] == 0)
    weeks = (days + begin.weekday()) // 7
    wanted = recurrence["schedule"].get("weekDays") or (DAYS[begin.weekday()],)
    return weeks % recurrence["interval"] == 0 and DAYS[day.weekday()] in wanted
