"""Maintenance configurations: when a cluster may be upgraded by Azure."""

from __future__ import annotations

import copy
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sandbox.azure.resource_manager.core.operations import Operation, Reply, finished
from sandbox.azure.resource_manager.core.resource_types import PutRequest, ResourceType
from sandbox.azure.resource_manager.core.state import Resource
from sandbox.azure.resource_manager.providers.container_service import errors
from sandbox.azure.resource_manager.providers.container_service.quota import MANAGED_CLUSTERS
from sandbox.azure.resource_manager.providers.container_service.versions import API_VERSIONS

if TYPE_CHECKING:
    from typing import ClassVar

WEEKLY_RELEASES = "default"
UPGRADE_SCHEDULES = ("aksManagedAutoUpgradeSchedule", "aksManagedNodeOSUpgradeSchedule")
SHORTEST_HOURS, LONGEST_HOURS = 4, 24
_OFFSET = re.compile(r"[+-][0-9]{2}:[0-9]{2}")
_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


class MaintenanceConfigurations(ResourceType):
    """The maintenance configurations of a cluster: one for each of Azure's three names."""

    name: ClassVar[str] = f"{MANAGED_CLUSTERS}/maintenanceConfigurations"
    api_versions: ClassVar[tuple[str, ...]] = API_VERSIONS

    def check(self, request: PutRequest) -> None:
        """Validate name and window."""
        if request.id.name not in (WEEKLY_RELEASES, *UPGRADE_SCHEDULES):
            raise errors.invalid_parameter("configName", f"'{request.id.name}' is not a supported name.")
        if request.id.name in UPGRADE_SCHEDULES:
            _check_window(request.properties.get("maintenanceWindow"))

    async def put(self, request: PutRequest) -> Operation:
        """Create or replace the configuration; its first day is today unless it has one."""
        properties = copy.deepcopy(request.properties)
        window = properties.get("maintenanceWindow")
        if window is not None:
            window.setdefault("startDate", datetime.now(UTC).strftime("%Y-%m-%d"))
            window.setdefault("utcOffset", "+00:00")
        configuration = self.state.store(Resource(request.id, {"properties": properties}))
        status = 201 if request.existing is None else 200
        return finished(Reply(status, self.show(configuration)), configuration)


def _check_window(window: dict[str, Any] | None) -> None:
    if not window:
        raise errors.missing_parameter("maintenanceWindow")
    if len(window.get("schedule") or {}) != 1:
        details = "Exactly one of daily, weekly, absoluteMonthly and relativeMonthly has to be set."
        raise errors.invalid_parameter("maintenanceWindow.schedule", details)
    if not SHORTEST_HOURS <= int(window.get("durationHours") or 0) <= LONGEST_HOURS:
        details = f"The duration has to be {SHORTEST_HOURS} to {LONGEST_HOURS} hours."
        raise errors.invalid_parameter("maintenanceWindow.durationHours", details)
    for key, pattern, default in (("startTime", _TIME, ""), ("utcOffset", _OFFSET, "+00:00")):
        if not pattern.fullmatch(str(window.get(key, default))):
            details = f"'{window.get(key)}' is not of the form {pattern.pattern}."
            raise errors.invalid_parameter(f"maintenanceWindow.{key}", details)
