"""Reaches the cluster of a hub that is removed, if it can be reached, and locks it.

A cluster that is stopped, half made or broken goes all the same: with everything that is in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.azure.clusters import RUNNING, open_cluster, power_state
from deployer.azure.settled_cluster import await_settled
from deployer.errors import AlreadyRunningError, DeployerError
from deployer.kubernetes.lease import ClusterLock
from deployer.names import carries_our_tags
from deployer.run.lock import hold
from deployer.run.workflow import Step

if TYPE_CHECKING:
    from azure.mgmt.containerservice.models import ManagedCluster

    from deployer.progress.report import StepReport
    from deployer.run.context import Context


def cluster_access_step() -> Step[Context]:
    """Declare the step."""
    return Step("cluster-access", "Reach the cluster, and check that no deployment changes it", reach_cluster)


async def reach_cluster(context: Context, report: StepReport) -> str:
    """Open and lock the cluster once no operation on it is under way.

    Raises:
        AlreadyRunningError: another run holds the lock.

    """
    group, name = context.settings.resource_group_name, context.names.cluster
    found = await await_settled(context.azure, group, name, report)
    if found is None:
        return f"there is no cluster {name}"
    if not carries_our_tags(found.tags, context.names.hub):
        return f"the cluster {name} is not one of this hub"
    if power_state(found) != RUNNING:
        return f"the cluster {name} is stopped"
    try:
        return await _open(context, report, found)
    except AlreadyRunningError:
        raise
    except DeployerError as error:
        report.warning(f"the cluster {name} cannot be reached: {error.message}")
        return f"the cluster {name} cannot be reached"


async def _open(context: Context, report: StepReport, found: ManagedCluster) -> str:
    group, name = context.settings.resource_group_name, context.names.cluster
    opening = open_cluster(context.azure, group, name, report, found)
    access = await context.resources.enter_async_context(opening)
    context.results.unlock_cluster.set(await hold(ClusterLock(await access.api()), context, report))
    context.results.cluster.set(access)
    return f"the cluster {name} is reached, and no other deployment changes it"
