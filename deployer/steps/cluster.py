"""The Kubernetes cluster: one request with every pool in it, since a second one costs minutes."""

from __future__ import annotations

import asyncio
import re
from time import monotonic
from typing import TYPE_CHECKING

from azure.core.exceptions import ResourceNotFoundError
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

from deployer.azure.operations import ask
from deployer.errors import DeployerError, PreflightError
from deployer.kubernetes import private_kubeconfig
from deployer.names import CREATED_BY_TAG

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deployer.context import Context
    from deployer.names import HubNames
    from deployer.settings import Settings
    from deployer.workflow import StepReport

# Zero to JupyterHub's names: what the charts' affinities and tolerations look for.
NODE_PURPOSE = "hub.jupyter.org/node-purpose"
USER_TAINT = "hub.jupyter.org_dedicated=user:NoSchedule"

SYSTEM_POOL = "system"
USER_POOL = "user"
# Others exist while an operation goes on (Creating, Updating, ProvisionControlPlane, …).
SETTLED_STATES = {"Succeeded", "Failed", "Canceled"}
# A cluster's upgrade takes up to half an hour; seconds.
OPERATION_PATIENCE = 2400.0
LOOK_EVERY = 5.0


async def ensure_cluster(context: Context, report: StepReport) -> str:
    """Make sure that the cluster is there, running, and as the settings want it."""
    found = await _settled(context, report)
    if found is None:
        outcome = await _create(context, report)
    else:
        outcome = await _update(context, report, found)
    await _open_kubeconfig(context, report)
    return outcome


def wanted_cluster(settings: Settings, names: HubNames) -> ManagedCluster:
    """Describe the cluster: free of charge but for its nodes, upgraded by Azure, network policy enforced."""
    return ManagedCluster(
        location=settings.region,
        tags=names.tags,
        sku=ManagedClusterSKU(name="Base", tier=settings.aks_tier),
        identity=ManagedClusterIdentity(type="SystemAssigned"),
        properties=ManagedClusterProperties(
            dns_prefix=names.dns_prefix,
            node_resource_group=names.node_resource_group,
            kubernetes_version=settings.aks_kubernetes_version,
            # Without a policy engine (Azure's default is none) the charts' network policies have no effect.
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
    """Describe the pool that carries Azure's own pods and the hub's: one node."""
    return ManagedClusterAgentPoolProfile(
        name=SYSTEM_POOL,
        mode="System",
        vm_size=settings.aks_system_node_vm_size,
        count=1,
        enable_auto_scaling=False,
        # Stop and start need scale sets.
        type="VirtualMachineScaleSets",
        os_type="Linux",
        node_labels={NODE_PURPOSE: "core"},
    )


def user_pool(settings: Settings) -> ManagedClusterAgentPoolProfile:
    """Describe the pool for users and builds: it grows and shrinks with them."""
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


async def _find(context: Context) -> ManagedCluster | None:
    try:
        return await context.azure.clusters.managed_clusters.get(
            context.settings.resource_group_name, context.names.cluster
        )
    except ResourceNotFoundError:
        return None


async def _settled(context: Context, report: StepReport) -> ManagedCluster | None:
    """Find the cluster, once an operation that somebody (an earlier run, Azure itself) started has ended."""
    name = context.names.cluster
    started = monotonic()
    while True:
        found = await ask(report, f"look at the cluster {name}", lambda: _find(context))
        if found is None or found.provisioning_state in SETTLED_STATES:
            return found
        if monotonic() - started > OPERATION_PATIENCE:
            raise DeployerError(
                f"The cluster {name} stays in the state {found.provisioning_state}.",
                suggestion="Look at its activity log in the portal; start again when that has ended.",
                retryable=True,
            )
        report.progress(f"waiting for an earlier operation on {name} to end: {found.provisioning_state}")
        await asyncio.sleep(LOOK_EVERY)


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

    await ask(report, "create the cluster", put)


async def _update(context: Context, report: StepReport, found: ManagedCluster) -> str:
    """Change what differs, once whatever is in progress has ended."""
    name = context.names.cluster
    _refuse_foreign(found, name)
    _refuse_stopped(found, name)
    wanted = wanted_cluster(context.settings, context.names)
    _keep_what_cannot_change(found, wanted, report)
    changes = differences(found, wanted)
    if not changes:
        return f"{name} is there (Kubernetes {found.current_kubernetes_version})"
    report.progress(f"updating the cluster {name}: {', '.join(changes)}")
    await _put(context, report, wanted)
    return f"{name} updated: {', '.join(changes)}"


def _refuse_foreign(found: ManagedCluster, name: str) -> None:
    if CREATED_BY_TAG not in (found.tags or {}):
        raise PreflightError(
            f"There is a cluster {name} already, and this deployer did not create it.",
            suggestion="Choose another BINDERHUB_NAME, or another resource group.",
        )


def _refuse_stopped(found: ManagedCluster, name: str) -> None:
    if found.power_state is not None and found.power_state.code == "Stopped":
        raise PreflightError(
            f"The cluster {name} is stopped.",
            suggestion=f"Start it first: portal, {name}, Start. It takes about ten minutes.",
        )


def _keep_what_cannot_change(found: ManagedCluster, wanted: ManagedCluster, report: StepReport) -> None:
    """Take over what Azure refuses to change, or what grows by itself, from the cluster as it is."""
    wanted.dns_prefix = found.dns_prefix
    wanted.node_resource_group = found.node_resource_group
    if wanted.kubernetes_version and is_older(wanted.kubernetes_version, found.current_kubernetes_version):
        report.warning(
            f"the cluster keeps Kubernetes {found.current_kubernetes_version}: Azure upgrades it, and never "
            f"takes it back to {wanted.kubernetes_version}"
        )
        wanted.kubernetes_version = None
    wanted.kubernetes_version = wanted.kubernetes_version or found.kubernetes_version
    for pool, live in _pairs(found, wanted):
        if not _same(live.vm_size, pool.vm_size):
            report.warning(
                f"the pool {pool.name} keeps its size {live.vm_size}: Azure can't change it to {pool.vm_size}"
            )
            pool.vm_size = live.vm_size
        if pool.enable_auto_scaling:
            pool.count = min(max(live.count or 0, pool.min_count or 0), pool.max_count or 0)


def is_older(wanted: str, current: str | None) -> bool:
    """Whether a version (1.34 or 1.34.2) is behind the cluster's, which Azure patches by itself."""
    # Long-term support has names like 1.30.100-akslts.
    parts, live = ([int(part) for part in re.findall(r"\d+", text or "")] for text in (wanted, current))
    return bool(live) and parts < live[: len(parts)]


def differences(found: ManagedCluster, wanted: ManagedCluster) -> list[str]:
    """Name what a request would change, in the reader's terms; empty when nothing would."""
    changes = []
    if found.provisioning_state != "Succeeded":
        changes.append(f"its state is {found.provisioning_state}")
    if not _same(_tier(found), _tier(wanted)):
        changes.append("tier")
    if any((found.tags or {}).get(key) != value for key, value in (wanted.tags or {}).items()):
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
    """Pair each wanted pool with the live one of its name."""
    live = {pool.name: pool for pool in _pools(found)}
    return [(pool, live[pool.name]) for pool in _pools(wanted) if pool.name in live]


def _pool_differs(found: ManagedCluster, pool: ManagedClusterAgentPoolProfile) -> bool:
    live = {candidate.name: candidate for candidate in _pools(found)}.get(pool.name)
    if live is None:
        return True
    compared = ("enable_auto_scaling", "min_count", "max_count", "node_labels", "node_taints")
    if any((getattr(live, field) or None) != (getattr(pool, field) or None) for field in compared):
        return True
    return not pool.enable_auto_scaling and live.count != pool.count


def _same(left: str | None, right: str | None) -> bool:
    return (left or "").casefold() == (right or "").casefold()


async def _open_kubeconfig(context: Context, report: StepReport) -> None:
    """Fetch the cluster's credentials into a private file that goes when the run ends."""
    clusters = context.azure.clusters.managed_clusters
    answer = await ask(
        report,
        "fetch the cluster's credentials",
        lambda: clusters.list_cluster_user_credentials(
            context.settings.resource_group_name, context.names.cluster
        ),
    )
    content = answer.kubeconfigs[0].value if answer.kubeconfigs else None
    if not content:
        raise DeployerError(
            f"Azure gave no credentials for the cluster {context.names.cluster}.", retryable=True
        )
    context.results.cluster.set(context.resources.enter_context(private_kubeconfig(bytes(content))))
