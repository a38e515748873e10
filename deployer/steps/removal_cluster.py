"""Deletes the cluster, and waits until its nodes, addresses and disks are gone, too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.azure.clients import find_group
from deployer.azure.clusters import find_cluster
from deployer.azure.retries import PROPAGATION_CODES, with_retries
from deployer.errors import AzureError
from deployer.inventory.removals import check_still_ours
from deployer.inventory.things import Kind
from deployer.run.workflow import Step
from deployer.waiting import Pending, TimeLimitExceededError, wait_until

if TYPE_CHECKING:
    from deployer.inventory.removals import Removals
    from deployer.inventory.things import Thing
    from deployer.progress.report import StepReport
    from deployer.run.context import Context

# Azure deletes the group of the nodes before the deletion of the cluster ends. Seconds.
GROUP_LIMIT = 900.0
LOOK_EVERY = 5.0


def remove_cluster_step(removals: Removals) -> Step[Context]:
    """Declare the step."""

    async def remove_cluster(context: Context, report: StepReport) -> str:
        async def remove(cluster: Thing) -> bool:
            return await _remove(context, cluster, report)

        outcome = await removals.each([Kind.CLUSTER], remove, report)
        if any(thing.kind is Kind.CLUSTER for thing in removals.failed):
            return outcome
        if kept := _kept(removals, context.names.cluster):
            report.note(f"The cluster {kept.name} stays: {kept.reason}.")
            return f"{kept.name} stays"
        removals.removed += [
            each for each in removals.survey.of(Kind.RELEASE) if each not in removals.removed
        ]
        await _await_no_nodes(context, report)
        return outcome

    return Step("remove-cluster", "Delete the cluster with its nodes, addresses and disks", remove_cluster)


def _kept(removals: Removals, name: str) -> Thing | None:
    """Return the cluster with the name of the hub's, if it stays; None where it goes, or there is none."""
    clusters = (thing for thing in removals.survey.stays if thing.kind is Kind.CLUSTER)
    return next((thing for thing in clusters if thing.name.lower() == name), None)


async def _remove(context: Context, cluster: Thing, report: StepReport) -> bool:
    group = context.settings.resource_group_name
    found = await with_retries(
        report, f"find the cluster {cluster.name}", lambda: find_cluster(context.azure, group, cluster.name)
    )
    if found is None:
        return False
    check_still_ours(cluster, found.tags, context.names.hub)
    if context.results.unlock_cluster.is_set:
        # The lock goes with the cluster; without it the run would end as one that has lost it.
        await context.results.unlock_cluster.get()()
    report.progress(f"deleting the cluster {cluster.name}: Azure takes about five minutes")

    async def delete() -> None:
        poller = await context.azure.clusters.managed_clusters.begin_delete(group, cluster.name)
        await poller.result()

    await with_retries(report, f"delete the cluster {cluster.name}", delete, rights_may_come=False)
    return True


async def _await_no_nodes(context: Context, report: StepReport) -> None:
    """Wait until the group of the nodes is gone, where this identity may look at it."""
    name = context.names.node_resource_group

    async def look() -> bool | Pending:
        try:
            found = await with_retries(
                report, f"look for {name}", lambda: find_group(context.azure, name), rights_may_come=False
            )
        except AzureError as error:
            if error.code in PROPAGATION_CODES:
                return True  # Rights on the group of the hub alone do not reach it.
            raise
        return True if found is None else Pending(f"waiting until Azure has deleted {name}")

    try:
        await wait_until(look, report.progress, limit=GROUP_LIMIT, every=LOOK_EVERY)
    except TimeLimitExceededError:
        report.note(
            f"The resource group {name} of the nodes is still there, and costs money. A lock or an address "
            "that is used elsewhere can hold it back: look at its activity log in the portal."
        )
