"""Creates or updates the Kubernetes cluster, with all node pools in one request: a second costs minutes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from azure.mgmt.containerservice.models import (
    ContainerServiceNetworkProfile,
    ManagedCluster,
    ManagedClusterAgentPoolProfile,
    ManagedClusterAutoUpgradeProfile,
    ManagedClusterIdentity,
    ManagedClusterOIDCIssuerProfile,
    ManagedClusterProperties,
    ManagedClusterSKU,
)

from deployer.azure.clusters import STOPPED, fetch_kubeconfig, find_cluster, power_state
from deployer.azure.retries import with_retries
from deployer.comparison import contains
from deployer.errors import DeployerError, PreflightError
from deployer.kubernetes.cluster import private_kubeconfig
from deployer.run.workflow import Step
from deployer.settings.types.tags import CREATED_BY_TAG
from deployer.waiting import Pending, TimeLimitExceededError, wait_until

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deployer.names import HubNames
    from deployer.progress.report import StepReport
    from deployer.run.context import Context
    from deployer.settings import Settings

# Names of Zero to JupyterHub, which the affinities and tolerations of the charts refer to.
NODE_PURPOSE = "hub.jupyter.org/node-purpose"
USER_TAINT = "hub.jupyter.org_dedicated=user:NoSchedule"

SYSTEM_POOL = "system"
USER_POOL = "user"
# There are other states while an operation goes on (Creating, Updating, ProvisionControlPlane, …).
SETTLED_STATES = {"Succeeded", "Failed", "Canceled"}
# The upgrade of a cluster takes up to half an hour. Seconds.
OPERATION_LIMIT = 2400.0
LOOK_EVERY = 5.0


def cluster_step(settings: Settings) -> Step[Context]:
    """Declare the step."""

    def creates(names: HubNames) -> tuple[str, ...]:
        least, most = settings.aks_node_count, settings.aks_node_count_max
        return (
            f"cluster {names.cluster} ({settings.aks_tier})",
            f"node pool {SYSTEM_POOL}: 1 × {settings.aks_system_node_vm_size}",
            f"node pool {USER_POOL}: {least} to {most} × {settings.aks_node_vm_size}",
            f"resource group {names.node_resource_group}: nodes, load balancer, outbound address",
        )

    title = f"Create the Kubernetes cluster {settings.binderhub_name}"
    return Step("cluster", title, ensure_cluster, creates=creates)


async def ensure_cluster(context: Context, report: StepReport) -> str:
    """Create the cluster, or change what differs from the settings."""
    found = await _settled(context, report)
    if found is None:
        outcome = await _create(context, report)
    else:
        outcome = await _update(context, report, found)
    group, name = context.settings.resource_group_name, context.names.cluster
    content = await fetch_kubeconfig(context.azure, group, name, report)
    context.results.cluster.set(context.resources.enter_context(private_kubeconfig(content)))
    return outcome


def wanted_cluster(settings: Settings, names: HubNames) -> ManagedCluster:
    """Describe the cluster that the settings ask for."""
    return ManagedCluster(
        location=settings.region,
        tags=names.tags,
        sku=ManagedClusterSKU(name="Base", tier=settings.aks_tier),
        identity=ManagedClusterIdentity(type="SystemAssigned"),
        properties=ManagedClusterProperties(
            dns_prefix=names.dns_prefix,
            node_resource_group=names.node_resource_group,
            kubernetes_version=settings.aks_kubernetes_version,
            # Azure's default has no policy engine: the network policies of the charts would have no effect.
            network_profile=ContainerServiceNetworkProfile(
                network_plugin="azure",
                network_plugin_mode="overlay",
                network_dataplane="cilium",
                network_policy="cilium",
                load_balancer_sku="standard",
                outbound_type="loadBalancer",
            ),
            auto_upgrade_profile=ManagedClusterAutoUpgradeProfile(
                upgrade_channel="patch", node_os_upgrade_channel="NodeImage"
            ),
            oidc_issuer_profile=ManagedClusterOIDCIssuerProfile(enabled=True),
            agent_pool_profiles=[system_pool(settings), user_pool(settings)],
        ),
    )


def system_pool(settings: Settings) -> ManagedClusterAgentPoolProfile:
    """Describe the node pool for the pods of AKS and of the hub itself: one node."""
    return ManagedClusterAgentPoolProfile(
        name=SYSTEM_POOL,
        mode="System",
        vm_size=settings.aks_system_node_vm_size,
        count=1,
        enable_auto_scaling=False,
        # Only clusters of scale sets can be stopped and started.
        type="VirtualMachineScaleSets",
        os_type="Linux",
        node_labels={NODE_PURPOSE: "core"},
    )


def user_pool(settings: Settings) -> ManagedClusterAgentPoolProfile:
    """Describe the node pool for sessions and builds, which the autoscaler grows and shrinks."""
    return ManagedClusterAgentPoolProfile(
        name=USER_POOL,
        mode="User",
        vm_size=settings.aks_node_vm_size,
        count=settings.aks_node_count,
        min_count=settings.aks_node_count,
        max_count=settings.aks_node_count_max,
        enable_auto_scaling=True,
        type="VirtualMachineScaleSets",
        os_type="Linux",
        node_labels={NODE_PURPOSE: "user"},
        node_taints=[USER_TAINT],
    )


async def _settled(context: Context, report: StepReport) -> ManagedCluster | None:
    """Find the cluster once any operation on it has ended, whether an earlier run or Azure started that."""
    group, name = context.settings.resource_group_name, context.names.cluster
    state: object = None

    async def look() -> ManagedCluster | Pending | None:
        nonlocal state
        found = await with_retries(
            report, f"find the cluster {name}", lambda: find_cluster(context.azure, group, name)
        )
        state = found.provisioning_state if found else None
        if found is None or state in SETTLED_STATES:
            return found
        return Pending(f"waiting for an earlier operation on {name} to end: {state}")

    try:
        return await wait_until(look, report.progress, limit=OPERATION_LIMIT, every=LOOK_EVERY)
    except TimeLimitExceededError:
        raise DeployerError(
            f"The cluster {name} stays in the state {state}.",
            suggestion="Look at its activity log in the portal; start again when the operation has ended.",
            retryable=True,
        ) from None


async def _create(context: Context, report: StepReport) -> str:
    wanted = wanted_cluster(context.settings, context.names)
    report.progress(f"creating the cluster {context.names.cluster}: Azure takes about four minutes")
    await _put(context, report, wanted)
    return f"{context.names.cluster} created"


async def _put(context: Context, report: StepReport, cluster: ManagedCluster) -> None:
    async def put() -> None:
        poller = await context.azure.clusters.managed_clusters.begin_create_or_update(
            context.settings.resource_group_name, context.names.cluster, cluster
        )
        await poller.result()

    await with_retries(report, "create the cluster", put)


async def _update(context: Context, report: StepReport, found: ManagedCluster) -> str:
    """Change what differs."""
    name = context.names.cluster
    _refuse_foreign(found, name)
    _refuse_stopped(found, name)
    wanted = wanted_cluster(context.settings, context.names)
    _keep_what_cannot_change(found, wanted, report)
    changes = differences(found, wanted)
    if not changes:
        return f"{name} exists (Kubernetes {found.current_kubernetes_version})"
    report.progress(f"updating the cluster {name}: {', '.join(changes)}")
    await _put(context, report, wanted)
    return f"{name} updated: {', '.join(changes)}"


def _refuse_foreign(found: ManagedCluster, name: str) -> None:
    if CREATED_BY_TAG not in (found.tags or {}):
        raise PreflightError(
            f"There already is a cluster {name}, and this deployer did not create it.",
            suggestion="Choose another BINDERHUB_NAME, or another resource group.",
        )


def _refuse_stopped(found: ManagedCluster, name: str) -> None:
    if power_state(found) == STOPPED:
        raise PreflightError(
            f"The cluster {name} is stopped.",
            suggestion=f"Start it first: portal, {name}, Start. It takes about ten minutes.",
        )


def _keep_what_cannot_change(found: ManagedCluster, wanted: ManagedCluster, report: StepReport) -> None:
    """Copy from the existing cluster what Azure refuses to change, and what the autoscaler changes."""
    wanted.dns_prefix = found.dns_prefix
    wanted.node_resource_group = found.node_resource_group
    if wanted.kubernetes_version and is_older(wanted.kubernetes_version, found.current_kubernetes_version):
        report.warning(
            f"the cluster keeps Kubernetes {found.current_kubernetes_version}: Azure upgrades it, and cannot "
            f"downgrade it to {wanted.kubernetes_version}"
        )
        wanted.kubernetes_version = None
    wanted.kubernetes_version = wanted.kubernetes_version or found.kubernetes_version
    for pool, live in _pairs(found, wanted):
        if not _same(live.vm_size, pool.vm_size):
            report.warning(
                f"the pool {pool.name} keeps its size {live.vm_size}: Azure cannot change it to "
                f"{pool.vm_size}"
            )
            pool.vm_size = live.vm_size
        if pool.enable_auto_scaling:
            # The request names a count: the current one, or it would take machines from running sessions.
            pool.count = min(max(live.count or 0, pool.min_count or 0), pool.max_count or 0)


def is_older(wanted: str, current: str | None) -> bool:
    """Return whether a version (1.34 or 1.34.2) is older than that of the cluster, which Azure patches."""
    # Long-term support has names like 1.30.100-akslts.
    parts, live = ([int(part) for part in re.findall(r"\d+", text or "")] for text in (wanted, current))
    return bool(live) and parts < live[: len(parts)]


def differences(found: ManagedCluster, wanted: ManagedCluster) -> list[str]:
    """Return what a request would change, in the reader's terms; nothing if the cluster is as wanted."""
    changes = []
    if found.provisioning_state != "Succeeded":
        changes.append(f"its state is {found.provisioning_state}")
    if not _same(_tier(found), _tier(wanted)):
        changes.append("tier")
    if not contains(found.tags, wanted.tags):
        changes.append("tags")
    if wanted.kubernetes_version not in (found.kubernetes_version, found.current_kubernetes_version):
        changes.append(f"Kubernetes {wanted.kubernetes_version}")
    changes += [f"pool {pool.name}" for pool in _pools(wanted) if _pool_differs(found, pool)]
    return changes


def _tier(cluster: ManagedCluster) -> str | None:
    return cluster.sku.tier if cluster.sku else None


def _pools(cluster: ManagedCluster) -> Sequence[ManagedClusterAgentPoolProfile]:
    return cluster.agent_pool_profiles or ()


def _pairs(
    found: ManagedCluster, wanted: ManagedCluster
) -> list[tuple[ManagedClusterAgentPoolProfile, ManagedClusterAgentPoolProfile]]:
    """Return each wanted pool with the existing one of its name."""
    live = {pool.name: pool for pool in _pools(found)}
    return [(pool, live[pool.name]) for pool in _pools(wanted) if pool.name in live]


def _pool_differs(found: ManagedCluster, pool: ManagedClusterAgentPoolProfile) -> bool:
    live = {candidate.name: candidate for candidate in _pools(found)}.get(pool.name)
    if live is None:
        return True
    compared = ["enable_auto_scaling", "min_count", "max_count", "node_labels", "node_taints"]
    if not pool.enable_auto_scaling:
        compared.append("count")
    # A field that is not set is one of Azure's defaults: a pool without autoscaling may be shown as False or
    # null.
    wanted = {field: getattr(pool, field) or None for field in compared}
    return not contains({field: getattr(live, field) or None for field in compared}, wanted)


def _same(left: str | None, right: str | None) -> bool:
    return (left or "").casefold() == (right or "").casefold()
