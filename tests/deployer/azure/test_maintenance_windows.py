"""When Azure may upgrade a cluster."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest

from deployer.azure.maintenance_windows import describe_window, in_words, is_as_wanted, utc_offset
from tests.arm_schemas import validate_resource

KIND = "Microsoft.ContainerService/managedClusters/maintenanceConfigurations"


@pytest.mark.online
def test_the_request_is_what_azures_schema_allows() -> None:
    validate_resource(KIND, "2026-05-01", describe_window("Europe/London"), "aksManagedAutoUpgradeSchedule")


@pytest.mark.parametrize(
    ("schedule", "window"),
    [
        (None, "Sunday 02:00 to 06:00"),
        ("Mon-Fri 20:00-07:00", "Sunday 02:00 to 06:00"),
        ("Mon-Fri 20:00-07:00; Sat-Sun", "Monday 07:00 to 11:00"),
        ("Sat 20:00-07:30; Tue 10:00-22:00", "Tuesday 22:00 to 02:00"),
        ("Sun 05:00-09:00", "Sunday 09:00 to 13:00"),
        # The night of Sunday to Monday is no night before Sunday.
        ("Sun 20:00-07:00", "Sunday 02:00 to 06:00"),
        ("Sat 22:00-03:00; Sun 10:00-12:00", "Sunday 03:00 to 07:00"),
    ],
)
def test_a_hub_that_is_stopped_on_sunday_night_is_upgraded_after_its_longest_stop(
    schedule: str | None, window: str
) -> None:
    assert in_words(schedule) == window


@pytest.mark.parametrize(
    ("zone", "offset"),
    [
        ("UTC", "+00:00"),
        ("Europe/London", "+00:00"),
        ("Europe/Amsterdam", "+01:00"),
        ("America/New_York", "-05:00"),
        ("Asia/Kolkata", "+05:30"),
        ("America/St_Johns", "-03:30"),
        ("Australia/Sydney", "+10:00"),
        # Their summer time is what tzdata calls the standard time.
        ("Europe/Dublin", "+00:00"),
        ("Africa/Casablanca", "+00:00"),
    ],
)
def test_the_offset_is_all_year_that_without_summer_time(zone: str, offset: str) -> None:
    assert utc_offset(zone) == offset


def begins(zone: str) -> list[int]:
    """Return the local hours in which the window of a zone begins on the Sundays of a year."""
    today = datetime.now(UTC)
    sunday = today + timedelta(days=6 - today.weekday())
    first = datetime.fromisoformat(f"{sunday:%Y-%m-%d}T02:00{utc_offset(zone)}")
    return [(first + timedelta(weeks=week)).astimezone(ZoneInfo(zone)).hour for week in range(52)]


def test_a_window_begins_at_two_or_later_in_every_zone_and_season() -> None:
    assert [zone for zone in available_timezones() if min(begins(zone)) != 2] == []


WEEKENDS = "Mon-Fri 20:00-07:00; Sat-Sun"


def test_a_window_as_azure_shows_it_is_left_alone() -> None:
    found = describe_window("UTC")
    found["properties"]["maintenanceWindow"]["startDate"] = "2026-11-20"
    assert is_as_wanted(found, describe_window("UTC"), [None])
    assert not is_as_wanted(found, describe_window("Asia/Kolkata"), [None])


def test_a_schedule_that_somebody_chose_stays() -> None:
    found = describe_window("UTC")
    found["properties"]["maintenanceWindow"]["schedule"] = {"daily": {"intervalDays": 1}}
    assert is_as_wanted(found, describe_window("Asia/Kolkata"), [WEEKENDS])


def test_a_window_follows_the_stop_schedule_and_returns_without_it() -> None:
    without, stopped = describe_window("UTC"), describe_window("UTC", WEEKENDS)
    assert not is_as_wanted(without, stopped, [None])
    assert not is_as_wanted(stopped, without, [WEEKENDS])
    assert not is_as_wanted(stopped, describe_window("Asia/Kolkata", WEEKENDS), [None])


def test_a_missing_window_is_created() -> None:
    assert not is_as_wanted(None, describe_window("UTC"), [None])
