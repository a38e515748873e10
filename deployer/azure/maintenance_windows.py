"""Describes when Azure may upgrade a cluster: Sunday 02:00-06:00 in the hub's time zone, if it runs then.

Azure upgrades no stopped cluster. One that is stopped on Sunday night is upgraded when it starts after its
longest stop: no session is open at that moment.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from deployer.comparison import contains
from deployer.settings.types.stop_schedule import DAY_MINUTES, DAYS, WEEK_MINUTES, clock, stops_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from deployer.azure.managed_cluster import Body

# Azure's names: one for upgrades of Kubernetes, one for new images of the nodes.
WINDOWS = ("aksManagedAutoUpgradeSchedule", "aksManagedNodeOSUpgradeSchedule")
# Azure wants windows of at least four hours.
HOURS = 4
WEEKS = 53  # of a year, with both of its ends
SUNDAY_NIGHT = 6 * DAY_MINUTES + 2 * 60


def window_of(stop_schedule: str | None) -> Body:
    """Return the weekly hours in which Azure may upgrade a cluster with this stop schedule."""
    begin = _begin(stops_of(stop_schedule) if stop_schedule else ())
    day = DAYS[begin // DAY_MINUTES % 7]
    return {
        "schedule": {"weekly": {"intervalWeeks": 1, "dayOfWeek": day}},
        "durationHours": HOURS,
        "startTime": clock(begin % DAY_MINUTES),
    }


def in_words(stop_schedule: str | None) -> str:
    """Return these hours for people: "Sunday 02:00 to 06:00"."""
    window = window_of(stop_schedule)
    hour, _, minute = window["startTime"].partition(":")
    end = f"{(int(hour) + HOURS) % 24:02}:{minute}"
    return f"{window['schedule']['weekly']['dayOfWeek']} {window['startTime']} to {end}"


def describe_window(time_zone: str, stop_schedule: str | None = None) -> Body:
    """Return the body of both windows."""
    window = {**window_of(stop_schedule), "utcOffset": utc_offset(time_zone)}
    return {"properties": {"maintenanceWindow": window}}


def is_as_wanted(
    found: Mapping[str, Any] | None, wanted: Mapping[str, Any], former_schedules: Sequence[str | None]
) -> bool:
    """Return whether a window can stay: as described, or with hours that were chosen in Azure.

    Args:
        found: the window as it is.
        wanted: as `describe_window` returned it.
        former_schedules: the stop schedules that the hub may have had: their windows are no choice of others.

    """
    window = ((found or {}).get("properties") or {}).get("maintenanceWindow")
    if not window:
        return False
    if contains(window, wanted["properties"]["maintenanceWindow"]):
        return True
    own = [window_of(each) for each in (None, *former_schedules)]
    return not any(contains(window, each) for each in (*own, _hours_of(wanted)))


def _hours_of(wanted: Mapping[str, Any]) -> Body:
    window = wanted["properties"]["maintenanceWindow"]
    return {key: value for key, value in window.items() if key != "utcOffset"}


def _begin(stops: Sequence[tuple[int, int]]) -> int:
    """Return when the window begins, in minutes of the week."""
    night = (SUNDAY_NIGHT, SUNDAY_NIGHT + HOURS * 60)
    # Stops that end in the week after are of the week before, too.
    spans = [*stops, *((begin - WEEK_MINUTES, end - WEEK_MINUTES) for begin, end in stops)]
    if not any(begin < night[1] and night[0] < end for begin, end in spans):
        return night[0]
    _, end = max(stops, key=lambda stop: stop[1] - stop[0])
    return end % WEEK_MINUTES


def utc_offset(time_zone: str) -> str:
    """Return the offset of a zone without its summer time, as in "+01:00".

    Azure's windows have a fixed offset. In summer time they are an hour later: a run in summer finds what a
    run in winter created. It is the smallest offset of the year ahead: Ireland's standard time is that of its
    summer.
    """
    now, zone = datetime.now(UTC), ZoneInfo(time_zone)
    moments = (now + timedelta(weeks=week) for week in range(WEEKS))
    offset = min(moment.astimezone(zone).utcoffset() or timedelta() for moment in moments)
    minutes = round(offset.total_seconds() / 60)
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
