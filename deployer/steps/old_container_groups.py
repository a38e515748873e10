"""Removes the container groups of earlier clicks: each click creates one, and none can be used again."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from deployer.azure.container_groups import (
    CONTAINER_GROUP_API,
    container_group_properties,
    has_ended,
    own_container_groups,
)
from deployer.azure.retries import with_retries
from deployer.errors import AzureError
from deployer.run.workflow import Step

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deployer.progress.report import StepReport
    from deployer.run.context import Context


def old_container_groups_step() -> Step[Context]:
    """Declare the step."""
    return Step(
        "old-container-groups",
        "Remove the container groups of earlier deployments",
        remove_old_container_groups,
    )


async def remove_old_container_groups(context: Context, report: StepReport) -> str:
    """Delete the container groups of this hub that had ended before this run began, except the newest.

    The newest has the log of the last run. One that ended later is a deployment that this run waited for:
    somebody may be reading its log, so the next run removes it.

    The hub does not need that: what cannot be looked at or removed is a note.
    """
    resource_group, hub = context.settings.resource_group_name, context.names.hub
    try:
        groups = await with_retries(
            report,
            "list the container groups",
            lambda: own_container_groups(context.azure, resource_group, hub),
            rights_may_come=False,
        )
        *earlier, _newest = groups or [""]
        ended = [group for group in earlier if await _had_ended(context, report, group)]
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


async def _had_ended(context: Context, report: StepReport, group: str) -> bool:
    """Return whether a container group had ended before this run began."""
    properties = await with_retries(
        report,
        f"look at {group}",
        lambda: container_group_properties(context.azure, group),
        rights_may_come=False,
    )
    return has_ended(properties) and all(end < context.started for end in _ends(properties))


def _ends(properties: Mapping[str, Any]) -> list[datetime]:
    """Return when the containers of a group ended; Azure does not tell that of a stopped group."""
    views = [each["properties"].get("instanceView") or {} for each in properties.get("containers", [])]
    ends = [(view.get("currentState") or {}).get("finishTime") for view in views]
    return [datetime.fromisoformat(end) for end in ends if end]
