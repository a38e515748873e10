"""Sets when the hub is stopped each week: two workflows in Azure ask for it, no server of ours is needed.

They act as the identity of the deployer, which may stop the cluster already. Where there is none (a laptop, a
service principal) each has an identity of its own, and the right to stop and start is assigned to it.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from deployer.azure.deployer_identity import find_deployer_identity
from deployer.azure.managed_cluster import CLUSTER_TYPE
from deployer.azure.retries import PROPAGATION_CODES, if_seen, with_retries
from deployer.azure.stop_rights import assign_right, how_to_assign, remove_right
from deployer.azure.stop_workflows import (
    ENABLED,
    WORKFLOW_API,
    WORKFLOW_TYPE,
    describe_workflow,
    identity_body,
    identity_of,
    is_as_wanted,
    triggers_of,
    workflows_of,
)
from deployer.comparison import merged_tags
from deployer.errors import AzureError
from deployer.names import carries_our_tags
from deployer.run.workflow import Step
from deployer.settings.types.stop_schedule import WEEK_MINUTES, stops_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deployer.azure.managed_cluster import Body
    from deployer.names import HubNames
    from deployer.progress.report import StepReport
    from deployer.run.context import Context
    from deployer.settings import Settings


# Not everywhere in Azure is an identity known at once.
UNKNOWN_YET = "PrincipalNotFound"
# An identity of another group, which the deployer runs as but may not hand on.
NOT_TO_BE_ATTACHED = "LinkedAuthorizationFailed"


def stop_schedule_step(settings: Settings) -> Step[Context]:
    """Declare the step."""

    def creates(names: HubNames) -> tuple[str, ...]:
        if settings.stop_schedule is None:
            return ()
        return tuple(
            f"workflow {name} in Azure Logic Apps, less than a cent a month"
            for name in workflows_of(names).values()
        )

    title = "Remove the stop schedule, if there is one"
    if settings.stop_schedule is not None:
        title = (
            f"Stop the hub {settings.stop_schedule} ({settings.time_zone}): its machines cost nothing in "
            f"{_hours(settings.stop_schedule)} of 168 hours a week"
        )
    return Step("stop-schedule", title, ensure_stop_schedule, creates=creates)


def _hours(schedule: str) -> int:
    return round(sum(end - begin for begin, end in stops_of(schedule)) * 168 / WEEK_MINUTES)


async def ensure_stop_schedule(context: Context, report: StepReport) -> str:
    """Create both workflows or change what differs; remove them where no schedule is wanted."""
    schedule = context.settings.stop_schedule
    if schedule is None:
        return await _remove(context, report)
    triggers = triggers_of(schedule, context.settings.time_zone)
    changed = [
        name
        for action, name in workflows_of(context.names).items()
        if await _ensure(context, report, action, name, triggers[action])
    ]
    return f"set {', '.join(changed)}" if changed else "nothing to change"


async def _ensure(context: Context, report: StepReport, action: str, name: str, triggers: Body) -> bool:
    """Create or change a workflow, and see that it has its right; return whether it was changed."""
    workflow = _id(context, WORKFLOW_TYPE, name)
    found = await with_retries(
        report, f"find {name}", lambda: context.azure.find(workflow, WORKFLOW_API), rights_may_come=False
    )
    if found is not None and not carries_our_tags(found.get("tags"), context.names.hub):
        report.note(
            f"There is a workflow {name} that the deployer did not create: the hub is not stopped on "
            "schedule. Remove it if nobody needs it, then deploy again."
        )
        return False
    # A workflow keeps the identity that it has: somebody may have given that one its right.
    identity = identity_of(found) if found else await _find_identity(context, report)
    wanted = _body(context, action, triggers, identity, found)
    changed = found is None or not is_as_wanted(found, wanted)
    if changed:
        try:
            found = await _put(context, report, name, workflow, wanted)
        except AzureError as error:
            if identity is None or error.code != NOT_TO_BE_ATTACHED:
                raise
            own = _body(context, action, triggers, None, found)
            found = await _put(context, report, name, workflow, own)
    await _ensure_right(context, report, name, found or {})
    return changed


async def _find_identity(context: Context, report: StepReport) -> str | None:
    return await with_retries(
        report,
        "find the identity of the deployer",
        lambda: find_deployer_identity(context.azure, context.settings),
        rights_may_come=False,
    )


def _body(
    context: Context, action: str, triggers: Body, identity: str | None, found: Mapping[str, Any] | None
) -> Body:
    cluster = _id(context, CLUSTER_TYPE, context.names.cluster)
    # Somebody may have paused the schedule in the portal.
    state = found["properties"].get("state", ENABLED) if found else ENABLED
    return {
        "location": context.settings.region,
        "tags": merged_tags((found or {}).get("tags"), context.names.tags),
        "identity": identity_body(identity),
        "properties": {"state": state, **describe_workflow(action, cluster, triggers, identity)},
    }


async def _put(
    context: Context, report: StepReport, name: str, workflow: str, wanted: Body
) -> dict[str, Any] | None:
    async def put() -> dict[str, Any] | None:
        await context.azure.put(workflow, WORKFLOW_API, wanted)
        return await context.azure.find(workflow, WORKFLOW_API)

    return await with_retries(report, f"set {name}", put, rights_may_come=False)


async def _ensure_right(context: Context, report: StepReport, name: str, found: Mapping[str, Any]) -> None:
    """Let a workflow with an identity of its own stop and start the cluster; a note says who else can."""
    principal = (found.get("identity") or {}).get("principalId")
    if identity_of(found) is not None or not principal:
        return
    cluster = _id(context, CLUSTER_TYPE, context.names.cluster)
    what = f"let {name} stop and start the cluster"

    async def assign() -> None:
        await assign_right(context.azure, cluster, principal)

    try:
        await with_retries(report, what, assign, rights_may_come=False)
    except AzureError as error:
        if error.code not in PROPAGATION_CODES:
            raise
        if error.code == UNKNOWN_YET:
            await with_retries(report, what, assign)
            return
        report.note(
            f"The workflow {name} may not stop and start the cluster yet: this login cannot assign roles. An "
            f"Owner of the resource group has to run this once:\n{how_to_assign(cluster, principal)}"
        )


async def _remove(context: Context, report: StepReport) -> str:
    """Remove the workflows of a schedule that is no longer wanted, and their rights."""
    names = workflows_of(context.names).values()
    removed = [name for name in names if await _remove_one(context, report, name)]
    return f"removed {', '.join(removed)}" if removed else "nothing to remove"


async def _remove_one(context: Context, report: StepReport, name: str) -> bool:
    """Remove a workflow of this hub with its right; return whether there was one."""
    workflow = _id(context, WORKFLOW_TYPE, name)
    found = await if_seen(report, f"find {name}", lambda: context.azure.find(workflow, WORKFLOW_API))
    if found is None or not carries_our_tags(found.get("tags"), context.names.hub):
        return False
    principal = (found.get("identity") or {}).get("principalId")
    if principal:
        cluster = _id(context, CLUSTER_TYPE, context.names.cluster)
        # Whoever may not remove the assignment leaves one of nobody, which goes with the cluster.
        with suppress(AzureError):
            await with_retries(
                report,
                f"remove the right of {name}",
                lambda: remove_right(context.azure, cluster, principal),
                rights_may_come=False,
            )
    await with_retries(report, f"remove {name}", lambda: context.azure.delete(workflow, WORKFLOW_API))
    return True


def _id(context: Context, kind: str, name: str) -> str:
    return context.azure.resource_id(context.settings.resource_group_name, kind, name)
