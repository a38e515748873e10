"""The resource group: used as it is, or created where the right to do so is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure.mgmt.resource.resources.models import ResourceGroup

from deployer.azure.clients import find_group
from deployer.azure.operations import ask

if TYPE_CHECKING:
    from deployer.context import Context
    from deployer.workflow import StepReport


async def ensure_resource_group(context: Context, report: StepReport) -> str:
    """Find the resource group, or create it with our tags."""
    name = context.settings.resource_group_name
    found = await ask(report, f"look at the resource group {name}", lambda: find_group(context.azure, name))
    if found is not None:
        return f"{name} is there, in {found.location}"
    wanted = ResourceGroup(location=context.settings.region, tags=context.names.tags)
    groups = context.azure.resources.resource_groups
    await ask(report, f"create the resource group {name}", lambda: groups.create_or_update(name, wanted))
    return f"{name} created in {wanted.location}"
