"""Removes the ended container groups of earlier clicks: each click makes a new one, none can be reused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deployer.azure.operations import ask
from deployer.names import NAME_TAG

if TYPE_CHECKING:
    from deployer.context import Context
    from deployer.workflow import StepReport

CONTAINER_GROUP_API = "2025-09-01"
CONTAINER_GROUP_TYPE = "Microsoft.ContainerInstance/containerGroups"
ENDED_STATES = {"Succeeded", "Failed", "Stopped"}


async def remove_predecessors(context: Context, report: StepReport) -> str:
    """Delete this hub's ended container groups, all but the newest, which has the log of the last run."""
    groups = await ask(report, "look for earlier runs", lambda: _own_groups(context))
    # The names end in the time of the click.
    *earlier, _newest = sorted(groups) or [""]
    removed = [group for group in earlier if await _ended(context, report, group)]
    for group in removed:
        await _remove(context, report, group)
    return f"removed {len(removed)} ended container group(s)" if removed else "nothing to remove"


async def _remove(context: Context, report: StepReport, group: str) -> None:
    await ask(report, f"remove {group}", lambda: context.azure.delete(group, CONTAINER_GROUP_API))


async def _own_groups(context: Context) -> list[str]:
    """List the ids of the container groups that carry this hub's name."""
    found = context.azure.resources.resources.list_by_resource_group(
        context.settings.resource_group_name, filter=f"resourceType eq '{CONTAINER_GROUP_TYPE}'"
    )
    hub = context.names.hub
    return [group.id async for group in found if group.id and (group.tags or {}).get(NAME_TAG) == hub]


async def _ended(context: Context, report: StepReport, group: str) -> bool:
    details: dict[str, Any] | None = await ask(
        report, f"look at {group}", lambda: context.azure.find(group, CONTAINER_GROUP_API)
    )
    state = ((details or {}).get("properties", {}).get("instanceView") or {}).get("state")
    return state in ENDED_STATES
