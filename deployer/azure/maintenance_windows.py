"""Describes when Azure may upgrade a cluster: Sunday 02:00-06:00 in the hub's time zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from deployer.comparison import contains

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deployer.azure.managed_cluster import Body

# Azure's names: one for upgrades of Kubernetes, one for new images of the nodes.
WINDOWS = ("aksManagedAutoUpgradeSchedule", "aksManagedNodeOSUpgradeSchedule")
# Azure wants windows of at least four hours.
SCHEDULE: Body = {
    "schedule": {"weekly": {"intervalWeeks": 1, "dayOfWeek": "Sunday"}},
    "durationHours": 4,
    "startTime": "02:00",
}


def describe_window(time_zone: str) -> Body:
    """Return the body of both windows."""
    return {"properties": {"maintenanceWindow": {**SCHEDULE, "utcOffset": utc_offset(time_zone)}}}


def is_as_wanted(found: Mapping[str, Any] | None, time_zone: str) -> bool:
    """Return whether a window can stay: as described, or with a schedule that was chosen in Azure."""
    window = ((found or {}).get("properties") or {}).get("maintenanceWindow")
    if not window:
        return False
    return not contains(window, SCHEDULE) or window.get("utcOffset") == utc_offset(time_zone)


def utc_offset(time_zone: str) -> str:
    """Return the offset of a zone in its standard time, as in "+01:00".

    Azure's windows have a fixed offset. In daylight saving time they are an hour later: a run in summer finds
    what a run in winter created.
    """
    now = datetime.now(UTC).astimezone(ZoneInfo(time_zone))
    offset = (now.utcoffset() or timedelta()) - (now.dst() or timedelta())
    minutes = round(offset.total_seconds() / 60)
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
