"""Removes the resources of a hub beside its cluster, and at the end perhaps the group that they were in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.azure.clients import find_group
from deployer.azure.retries import with_retries
from deployer.errors import DeployerError
from deployer.inventory.group_resources import resources_in
from deployer.inventory.removals import check_still_ours, remove_resource
from deployer.inventory.things import Kind
from deployer.run.workflow import Step
from deployer.waiting import Pending, TimeLimitExceededError, wait_until

if TYPE_CHECKING:
    from deployer.inventory.removals import Removals
    from deployer.inventory.things import Thing
    from deployer.progress.report import StepReport
    from deployer.run.context import Context

# Azure's list of a group can show for minutes what is gone; others wait as long for it (Terraform). Seconds.
LIST_LIMIT = 600.0
LOOK_EVERY = 10.0
REGISTRY = (Kind.REGISTRY_TOKEN, Kind.SCOPE_MAP, Kind.REGISTRY)


def remove_schedule_step(removals: Removals) -> Step[Context]:
    """Declare the step; it comes before the cluster, which no schedule may stop while it is removed."""
    return _step(removals, "remove-schedule", "Remove the stop schedule", Kind.WORKFLOW)


def remove_registry_step(removals: Removals) -> Step[Context]:
    """Declare the step."""
    return _step(removals, "remove-registry", "Remove the registry with its images", *REGISTRY)


def remove_container_groups_step(removals: Removals) -> Step[Context]:
    """Declare the step."""
    title = "Remove the container groups of earlier runs"
    return _step(removals, "remove-container-groups", title, Kind.CONTAINER_GROUP)


def remove_identity_step(removals: Removals) -> Step[Context]:
    """Declare the step; the role assignments first: nobody could tell whose they were afterwards."""
    title = "Remove the identity of the deployer and its roles"
    return _step(removals, "remove-identity", title, Kind.ROLE_ASSIGNMENT, Kind.IDENTITY)


def remove_storage_step(removals: Removals) -> Step[Context]:
    """Declare the step."""

    async def remove_storage(context: Context, report: StepReport) -> str:
        if removals.survey.of(Kind.STORAGE_ACCOUNT):
            # It cannot be renewed in an account that is gone: the run would end as one that has lost it.
            await context.results.unlock_outputs.get()()
        return await _remove(removals, context, report, Kind.STORAGE_ACCOUNT)

    return Step("remove-storage", "Remove the storage account with the records", remove_storage)


def remove_group_step(removals: Removals) -> Step[Context]:
    """Declare the step."""

    async def remove_group(context: Context, report: StepReport) -> str:
        async def remove(group: Thing) -> bool:
            return await _remove_group(context, group, report)

        return await removals.each([Kind.RESOURCE_GROUP], remove, report)

    return Step("remove-resource-group", "Remove the resource group, if that is asked for", remove_group)


def remaining_step(removals: Removals) -> Step[Context]:
    """Declare the step."""

    async def tell_what_remains(_context: Context, report: StepReport) -> str:
        """End the run with an error where something is left that should have gone.

        Raises:
            DeployerError: with all that is left.

        """
        for thing in removals.survey.stays:
            if thing.kind in {Kind.IDENTITY, Kind.STORAGE_ACCOUNT} and "--everything" in thing.reason:
                report.note(f"{thing.name} ({thing.kind}) stays: {thing.reason}.")
        left = [*removals.failed, *(thing for thing in removals.survey.stays if thing.hinders)]
        if left:
            raise DeployerError(
                f"{len(left)} thing(s) of the hub are still there: {', '.join(each.name for each in left)}.",
                cause=" ".join(f"{each.name}: {each.reason}" for each in left),
                suggestion="Remove what stands in the way (locks, missing rights), then start teardown "
                "again: it goes on with what is left.",
            )
        return f"{len(removals.removed)} thing(s) are gone, nothing of them is left"

    return Step("remaining", "Check that nothing is left", tell_what_remains)


def _step(removals: Removals, name: str, title: str, *kinds: Kind) -> Step[Context]:
    async def remove_all(context: Context, report: StepReport) -> str:
        return await _remove(removals, context, report, *kinds)

    return Step(name, title, remove_all)


async def _remove(removals: Removals, context: Context, report: StepReport, *kinds: Kind) -> str:
    async def remove(thing: Thing) -> bool:
        return await remove_resource(context.azure, thing, context.names.hub, report)

    return await removals.each(kinds, remove, report)


async def _remove_group(context: Context, group: Thing, report: StepReport) -> bool:
    """Remove the resource group if it is ours and empty by now."""
    found = await with_retries(
        report, f"find {group.name}", lambda: find_group(context.azure, group.name), rights_may_come=False
    )
    if found is None:
        return False
    check_still_ours(group, found.tags, context.names.hub)
    await _await_empty(context, group, report)

    async def delete() -> None:
        poller = await context.azure.resources.resource_groups.begin_delete(group.name)
        await poller.result()

    await with_retries(report, f"delete the resource group {group.name}", delete, rights_may_come=False)
    return True


async def _await_empty(context: Context, group: Thing, report: StepReport) -> None:
    """Wait until Azure no longer lists anything in a group, where it cannot be asked whether that exists.

    Raises:
        DeployerError: something is in the group.

    """

    async def look() -> bool | Pending:
        inside = await resources_in(context.azure, group.name, report)
        names = ", ".join(each.id.rpartition("/")[2] for each in inside)
        if any(each.is_certain for each in inside):
            raise DeployerError(f"{group.name} is not empty: {names}.")
        return Pending(f"waiting until Azure no longer lists in {group.name}: {names}") if inside else True

    try:
        await wait_until(look, report.progress, limit=LIST_LIMIT, every=LOOK_EVERY)
    except TimeLimitExceededError as late:
        raise DeployerError(f"{group.name} is not empty: still {late.pending.message}.") from None
