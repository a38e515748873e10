"""Removes the container groups of earlier clicks: each click creates one, and none can be used again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deployer.azure.retries import with_retries
from deployer.errors import AzureError
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
    """Delete the ended container groups of this hub, except the newest, which has the log of the last run.

    The hub does not need that: what cannot be looked at or removed is a note.
    """
    try:
        groups = await with_retries(
            report, "list the container groups", lambda: _own_groups(context), rights_may_come=False
        )
        # The names end in the time of the click, so that sorting puts the newest last.
        *earlier, _newest = sorted(groups) or [""]
        ended = [group for group in earlier if await _has_ended(context, report, group)]
    except AzureError as error:
        report.note(f"The container groups of earlier deployments cannot be looked at: {error.message}")
        return "could not look"
    removed = [group for group in ended if await _remove(context, report, group)]
    return f"removed {len(removed)} ended container group(s)" if removed else "nothing to remove"


async def _remove(context: Context, report: StepReport, group: str) -> bool:
    """Remove a container group; return whether that was possible."""
    try:
        await with_retries(
            report,
            f"remove {group}",
            lambda: context.azure.delete(group, CONTAINER_GROUP_API),
            rights_may_come=False,
        )
    except AzureError as error:
        name = group.rpartition("/")[2]
        report.note(
            f"The container group {name} of an earlier deployment cannot be removed: {error.message} "
            "It has ended and costs nothing; remove it when you can."
        )
        return False
    return True


async def _own_groups(context: Context) -> list[str]:
    """Return the ids of the container groups that carry the tag of this hub."""
    found = context.azure.resources.resources.list_by_resource_group(
        context.settings.resource_group_name, filter=f"resourceType eq '{CONTAINER_GROUP_TYPE}'"
    )
    hub = context.names.hub
    return [group.id async for group in found if group.id and (group.tags or {}).get(NAME_TAG) == hub]


async def _has_ended(context: Context, report: StepReport, group: str) -> bool:
    details: dict[str, Any] | None = await with_retries(
        report,
        f"look at {group}",
        lambda: context.azure.find(group, CONTAINER_GROUP_API),
        rights_may_come=False,
    )
    state = ((details or {}).get("properties", {}).get("instanceView") or {}).get("state")
    return state in ENDED_STATES
