"""Sets when Azure may upgrade the cluster: without these windows it comes on any day, at any hour."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure.core.exceptions import ResourceNotFoundError

from deployer.azure.maintenance_windows import WINDOWS, describe_window, in_words, is_as_wanted
from deployer.azure.retries import with_retries
from deployer.kubernetes.stored_settings import read_stored_settings
from deployer.run.workflow import Step

if TYPE_CHECKING:
    from azure.mgmt.containerservice.models import MaintenanceConfiguration

    from deployer.names import HubNames
    from deployer.progress.report import StepReport
    from deployer.run.context import Context
    from deployer.settings import Settings


def maintenance_step(settings: Settings) -> Step[Context]:
    """Declare the step."""

    def creates(_names: HubNames) -> tuple[str, ...]:
        return (f"maintenance windows: {in_words(settings.stop_schedule)} ({settings.time_zone})",)

    return Step("maintenance", "Set the maintenance windows of the cluster", ensure_windows, creates=creates)


async def ensure_windows(context: Context, report: StepReport) -> str:
    """Create both windows, or change what differs; one with other hours stays: it was chosen in Azure."""
    stored = await read_stored_settings(await context.results.cluster.get().api())
    former = (stored or {}).get("stop_schedule")
    changed = [window for window in WINDOWS if await _ensure(context, report, window, former)]
    return f"set {', '.join(changed)}" if changed else "nothing to change"


async def _ensure(context: Context, report: StepReport, window: str, former: str | None) -> bool:
    from azure.mgmt.containerservice.models import MaintenanceConfiguration

    described = describe_window(context.settings.time_zone, context.settings.stop_schedule)
    found = await with_retries(report, f"find {window}", lambda: _find(context, window))
    if is_as_wanted(found.as_dict() if found else None, described, [former]):
        return False
    windows = context.azure.clusters.maintenance_configurations
    group, cluster = context.settings.resource_group_name, context.names.cluster

    wanted = MaintenanceConfiguration(described)
    await with_retries(
        report, f"set {window}", lambda: windows.create_or_update(group, cluster, window, wanted)
    )
    return True


async def _find(context: Context, window: str) -> MaintenanceConfiguration | None:
    windows = context.azure.clusters.maintenance_configurations
    try:
        return await windows.get(context.settings.resource_group_name, context.names.cluster, window)
    except ResourceNotFoundError:
        return None
