"""Removes the container groups of earlier clicks: each click creates one, and none can be used again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deployer.azure.retries import with_retries
from deployer.run.workflow import Step
from deployer.settings.types.tags import NAME_TAG

if TYPE_CHECKING:
    from deployer.progress.report import StepReport
    from deployer.run.context import Context

CONTAINER_GROUP_API = "2025-09-01"
CONTAINER_GROUP_TYPE = "Microsoft.ContainerInstance/containerGroups"
ENDED_STATES = {"Succeeded", "Failed", "Stopped"}


def old_container_groups_step() -> Step[Context]:
    """Declare the step."""
    return Step(
        "old-container-groups",
        "Remove the container groups of earlier deployments",
        remove_old_container_groups,
    )


async def remove_old_container_groups(context: Context, report: StepReport) -> str:
    """Delete the ended container groups of this hub, except the newest, which has the log of the last run."""
    groups = await with_retries(report, "list the container groups", lambda: _own_groups(context))
    # The names end in the time of the click, so that sorting puts the newest last.
    *earlier, _newest = sorted(groups) or [""]
    removed = [group for group in earlier if await _has_ended(context, report, group)]
    for group in removed:
        await _remove(context, report, group)
    return f"removed {len(removed)} ended container group(s)" if removed else "nothing to remove"


async def _remove(context: Context, report: StepReport, group: str) -> None:
    await with_retries(report, f"remove {group}", lambda: context.azure.delete(group, CONTAINER_GROUP_API))


async def _own_groups(context: Context) -> list[str]:
    """Return the ids of the container groups that carry the tag of this hub."""
    found = context.azure.resources.resources.list_by_resource_group(
        context.settings.resource_group_name, filter=f"resourceType eq '{CONTAINER_GROUP_TYPE}'"
    )
    hub = context.names.hub
    return [group.id async for group in found if group.id and (group.tags or {}).get(NAME_TAG) == hub]


async def _has_ended(context: Context, report: StepReport, group: str) -> bool:
    details: dict[str, Any] | None = await with_retries(
        report, f"look at {group}", lambda: context.azure.find(group, CONTAINER_GROUP_API)
    )
    state = ((details or {}).get("properties", {}).get("instanceView") or {}).get("state")
    return state in ENDED_STATES
