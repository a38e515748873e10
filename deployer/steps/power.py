"""Stops the cluster of a hub, so that its machines cost nothing, and starts it again as it was.

Addresses, disks and certificates stay. A stopped cluster is kept for a year at least.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.azure.clients import list_own_resources
from deployer.azure.cluster_state import check_ours
from deployer.azure.clusters import STOPPED, power_state
from deployer.azure.container_registry import REGISTRY_TYPE
from deployer.azure.retries import with_retries
from deployer.azure.settled_cluster import await_settled
from deployer.inventory.hub import no_such_hub
from deployer.run.workflow import Step

if TYPE_CHECKING:
    from azure.mgmt.containerservice.models import ManagedCluster

    from deployer.inventory.power import Power
    from deployer.progress.report import StepReport
    from deployer.run.context import Context

STILL_COSTS = (
    "the load balancer of the cluster with its public addresses",
    "the disk of JupyterHub's database",
)


def find_hub_cluster_step() -> Step[Context]:
    """Declare the step that comes before a stop or a start."""
    return Step("find-cluster", "Find the cluster of the hub", find_hub_cluster)


def stop_step(power: Power) -> Step[Context]:
    """Declare the step."""

    async def stop(context: Context, report: StepReport) -> str:
        """Stop the cluster; tell what still costs money."""
        name = context.names.cluster
        found = await _cluster(context, report)
        power.costs += [*STILL_COSTS, *await _registries(context, report)]
        if power_state(found) == STOPPED:
            return f"{name} is stopped already"
        if context.results.unlock_cluster.is_set:
            # The lock cannot be renewed in a stopped cluster: the run would end as one that has lost it.
            await context.results.unlock_cluster.get()()
        report.progress(f"stopping the cluster {name}: Azure takes some minutes, and all sessions end")
        clusters = context.azure.clusters.managed_clusters

        async def request() -> None:
            poller = await clusters.begin_stop(context.settings.resource_group_name, name)
            await poller.result()

        await with_retries(report, "stop the cluster", request, rights_may_come=False)
        power.changed = True
        return f"{name} stopped; its machines cost nothing now"

    return Step("stop-cluster", "Stop the cluster", stop)


def start_step(power: Power) -> Step[Context]:
    """Declare the step."""

    async def start(context: Context, report: StepReport) -> str:
        """Start the cluster with the nodes that it had."""
        name = context.names.cluster
        found = await _cluster(context, report)
        if power_state(found) != STOPPED:
            return f"{name} runs already"
        report.progress(f"starting the cluster {name}: Azure takes about five minutes")
        clusters = context.azure.clusters.managed_clusters

        async def request() -> None:
            poller = await clusters.begin_start(context.settings.resource_group_name, name)
            await poller.result()

        await with_retries(report, "start the cluster", request, rights_may_come=False)
        power.changed = True
        return f"{name} started"

    return Step("start-cluster", "Start the cluster", start)


async def find_hub_cluster(context: Context, report: StepReport) -> str:
    """Check that there is a cluster of this hub, whatever its state.

    Raises:
        PreflightError: there is none.

    """
    found = await _cluster(context, report)
    return f"{context.names.cluster} exists ({power_state(found)})"


async def _cluster(context: Context, report: StepReport) -> ManagedCluster:
    group, name = context.settings.resource_group_name, context.names.cluster
    found = await await_settled(context.azure, group, name, report)
    if found is None:
        raise no_such_hub(context.names.hub, group)
    check_ours(found, context.names)
    return found


async def _registries(context: Context, report: StepReport) -> list[str]:
    group = context.settings.resource_group_name
    found = await with_retries(
        report,
        "find the registry",
        lambda: list_own_resources(context.azure, group, REGISTRY_TYPE, context.names.hub),
    )
    return [
        f"the registry {each.name} ({each.sku.name})" if each.sku else f"the registry {each.name}"
        for each in found
    ]
