"""Finds the resource group, or creates it where the rights allow that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.azure.clients import find_group
from deployer.azure.retries import with_retries
from deployer.run.workflow import Step

if TYPE_CHECKING:
    from deployer.progress.report import StepReport
    from deployer.run.context import Context
    from deployer.settings import Settings


def resource_group_step(settings: Settings) -> Step[Context]:
    """Declare the step."""
    name = settings.resource_group_name
    return Step(
        "resource-group",
        f"Find or create the resource group {name}",
        ensure_resource_group,
        creates=lambda _names: (f"resource group {name}, if it does not exist yet",),
    )


async def ensure_resource_group(context: Context, report: StepReport) -> str:
    """Use the resource group as it is, or create it with the tags of the hub."""
    from azure.mgmt.resource.resources.models import ResourceGroup

    name = context.settings.resource_group_name
    found = await with_retries(
        report, f"find the resource group {name}", lambda: find_group(context.azure, name)
    )
    if found is not None:
        return f"{name} exists in {found.location}"
    wanted = ResourceGroup(location=context.settings.region, tags=context.names.tags)
    groups = context.azure.resources.resource_groups
    await with_retries(
        report, f"create the resource group {name}", lambda: groups.create_or_update(name, wanted)
    )
    return f"{name} created in {wanted.location}"
