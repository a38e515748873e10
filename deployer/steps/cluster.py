"""Creates or updates the Kubernetes cluster, with all node pools in one request: a second costs minutes.

Only what Azure refuses in this request follows in others, once the cluster has its version of Kubernetes.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from azure.core.exceptions import ResourceNotFoundError

from deployer.azure.api_access import await_admission, withdraw
from deployer.azure.cluster_state import check_usable, locked
from deployer.azure.cluster_update import plan_update, unchangeable, user_pool_surges, version_wanted
from deployer.azure.clusters import find_cluster, open_cluster
from deployer.azure.compute_quota import CoreQuota, read_core_quota
from deployer.azure.managed_cluster import SYSTEM_POOL, USER_POOL, ClusterWish, describe_cluster
from deployer.azure.node_pool_update import plan_pool_updates
from deployer.azure.retries import with_retries
from deployer.azure.settled_cluster import await_settled
from deployer.errors import AzureError
from deployer.run.workflow import Step
from deployer.settings.capacity import sessions_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from azure.mgmt.containerservice.models import ManagedCluster

    from deployer.azure.managed_cluster import Body
    from deployer.azure.node_pool_update import NodePoolUpdate
    from deployer.kubernetes.cluster import ClusterAccess
    from deployer.names import HubNames
    from deployer.progress.report import StepReport
    from deployer.run.context import Context
    from deployer.settings import Settings

LOCKED = "ScopeLocked"


def cluster_step(settings: Settings) -> Step[Context]:
    """Declare the step."""

    def creates(names: HubNames) -> tuple[str, ...]:
        return (
            f"cluster {names.cluster} ({settings.aks_tier})",
            f"node pool {SYSTEM_POOL}: 1 × {settings.aks_system_node_vm_size}",
            f"{_user_pool_in_words(settings)}, room for {sessions_of(settings)} sessions",
            f"resource group {names.node_resource_group}: nodes, load balancer, outbound address",
            *_ranges_in_words(settings.api_server_authorized_ranges),
        )

    title = f"Create the Kubernetes cluster {settings.binderhub_name}"
    return Step("cluster", title, ensure_cluster, creates=creates)


def _ranges_in_words(ranges: Sequence[str]) -> tuple[str, ...]:
    return (f"access to the Kubernetes API from {', '.join(ranges)} alone",) if ranges else ()


def _user_pool_in_words(settings: Settings) -> str:
    least, most = settings.aks_node_count, settings.aks_node_count_max
    return f"node pool {USER_POOL}: {least} to {most} × {settings.aks_node_vm_size}"


async def ensure_cluster(context: Context, report: StepReport) -> str:
    """Create the cluster, or change what differs from the settings."""
    group, name = context.settings.resource_group_name, context.names.cluster
    own = context.results.own_range.get()
    found = await await_settled(context.azure, group, name, report)
    if own is not None:
        # Before everything that uses the API, so that it comes after all of that at the end of the run.
        context.resources.push_async_callback(withdraw, context.azure, group, name, own, report)
    try:
        if found is None:
            outcome = await _create(context, report)
        else:
            outcome = await _update(context, report, found)
        access = await _open(context, report)
    except AzureError as error:
        raise (locked(error, name) if error.code == LOCKED else error) from None
    context.results.cluster.set(access)
    return outcome


async def _open(context: Context, report: StepReport) -> ClusterAccess:
    """Give access to the API, as soon as it answers this machine where it does not answer all."""
    group, name = context.settings.resource_group_name, context.names.cluster
    found = await with_retries(report, "find the cluster", lambda: find_cluster(context.azure, group, name))
    opening = open_cluster(context.azure, group, name, report, found)
    access = await context.resources.enter_async_context(opening)
    if context.settings.api_server_authorized_ranges:
        await await_admission(access, report)
    return access


async def _create(context: Context, report: StepReport) -> str:
    name = context.names.cluster
    wish = await _wish(context, report, None)
    report.progress(f"creating the cluster {name}: Azure takes about four minutes")
    await _put(context, report, describe_cluster(wish))
    return f"{name} created"


async def _update(context: Context, report: StepReport, found: ManagedCluster) -> str:
    """Change what differs."""
    name, version = context.names.cluster, context.settings.aks_kubernetes_version
    check_usable(found, context.names)
    live = found.as_dict()
    wanted = describe_cluster(await _wish(context, report, live))
    for warning in unchangeable(live, wanted, version):
        report.warning(warning)
    aim = version_wanted(version, live)
    update = plan_update(live, wanted, aim)
    if update.changes:
        if found.provisioning_state == "Failed":
            report.warning(f"the last operation on the cluster {name} failed: asking Azure to complete it")
        report.progress(f"updating the cluster {name}: {', '.join(update.changes)}")
        live = await _put(context, report, wanted, aim)
    pools = plan_pool_updates(live, wanted, aim)
    for pool in pools:
        report.progress(f"updating the cluster {name}: {pool.change}")
        await _put_pool(context, report, pool)
    changes = (*update.changes, *(pool.change for pool in pools))
    if not changes:
        return f"{name} exists (Kubernetes {found.current_kubernetes_version})"
    return f"{name} updated: {', '.join(changes)}"


async def _put(context: Context, report: StepReport, wanted: Body, version: str | None = None) -> Body:
    """Create or change the cluster, and return it.

    Each attempt lays what is wanted over the cluster as it is then: while another operation was waited for,
    people may have changed it, or the autoscaler the number of its nodes.
    """
    from azure.mgmt.containerservice.models import ManagedCluster

    group, name = context.settings.resource_group_name, context.names.cluster

    async def put() -> Body:
        found = await find_cluster(context.azure, group, name)
        body = plan_update(found.as_dict(), wanted, version).body if found else wanted
        # The client leaves out what Azure alone sets.
        poller = await context.azure.clusters.managed_clusters.begin_create_or_update(
            group, name, ManagedCluster(body)
        )
        return (await poller.result()).as_dict()

    return await with_retries(report, "create the cluster", put)


async def _put_pool(context: Context, report: StepReport, pool: NodePoolUpdate) -> None:
    from azure.mgmt.containerservice.models import AgentPool

    pools = context.azure.clusters.agent_pools
    group, cluster = context.settings.resource_group_name, context.names.cluster

    async def put() -> None:
        body = AgentPool(pool.body)
        # The autoscaler goes on while other pools are upgraded: with the count from before, machines would be
        # taken from running sessions.
        with suppress(ResourceNotFoundError):
            body.count = (await pools.get(group, cluster, pool.name)).count
        poller = await pools.begin_create_or_update(group, cluster, pool.name, body)
        await poller.result()

    await with_retries(report, f"create or upgrade the node pool {pool.name}", put)


async def _wish(context: Context, report: StepReport, found: Body | None) -> ClusterWish:
    """Return what the cluster should be; how it is upgraded depends on the quota."""
    settings = context.settings
    quota = await _quota(context, report, found)
    if quota is None:
        # An existing pool stays as it is; a new one upgrades in the way that needs no further cores.
        surges = found is not None and user_pool_surges(found)
    else:
        surges = quota.user_pool_surges(settings, found)
        if lacking := quota.system_pool_lacks(settings, found):
            report.warning(
                "Azure upgrades the system pool by adding a second node for some minutes, and there is no "
                f"room for it: {lacking}. Without it the upgrade fails. Ask for more (portal, Quotas, "
                "Compute)"
            )
    own_range = context.results.own_range.get()
    return ClusterWish(settings, context.names, user_pool_surges=surges, own_range=own_range)


async def _quota(context: Context, report: StepReport, found: Body | None) -> CoreQuota | None:
    try:
        return await with_retries(
            report,
            "read the quota of cores",
            lambda: read_core_quota(context.azure, context.settings, found),
            rights_may_come=False,
        )
    except AzureError:
        report.progress("cannot see the quota of cores (no rights on the subscription)")
        return None
