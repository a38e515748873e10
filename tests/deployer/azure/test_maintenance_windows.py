"""When Azure may upgrade a cluster."""

from __future__ import annotations

import pytest

from deployer.azure.maintenance_windows import describe_window, is_as_wanted, utc_offset
from tests.arm_schemas import validate_resource

KIND = "Microsoft.ContainerService/managedClusters/maintenanceConfigurations"


@pytest.mark.online
def test_the_request_is_what_azures_schema_allows() -> None:
    validate_resource(KIND, "2026-05-01", describe_window("Europe/London"), "aksManagedAutoUpgradeSchedule")


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
    ],
)
def test_the_offset_is_that_of_the_standard_time_all_year(zone: str, offset: str) -> None:
    assert utc_offset(zone) == offset


def test_a_window_as_azure_shows_it_is_left_alone() -> None:
    found = describe_window("UTC")
    found["properties"]["maintenanceWindow"]["startDate"] = "2026-11-20"
    assert is_as_wanted(found, "UTC")
    assert not is_as_wanted(found, "Asia/Kolkata")


def test_a_schedule_that_somebody_chose_stays() -> None:
    found = describe_window("UTC")
    found["properties"]["maintenanceWindow"]["schedule"] = {"daily": {"intervalDays": 1}}
    assert is_as_wanted(found, "Asia/Kolkata")


def test_a_missing_window_is_created() -> None:
    assert not is_as_wanted(None, "UTC")
