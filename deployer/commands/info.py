"""Inspects a hub for `info`: as Azure and the cluster have it now, not as a record remembers it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deployer.azure.clients import list_own_resources
from deployer.azure.clusters import RUNNING, fetch_kubeconfig, find_cluster, power_state
from deployer.azure.retries import with_retries
from deployer.certificates.client import CertificateClient
from deployer.certificates.state import certificate_in_words
from deployer.errors import PreflightError
from deployer.helm.client import Helm
from deployer.inventory.sites import answers, sites_of
from deployer.kubernetes.cluster import private_kubeconfig
from deployer.outputs.stores import CONTAINER, blob_endpoint

if TYPE_CHECKING:
    from pathlib import Path

    from azure.mgmt.containerservice.models import ManagedCluster

    from deployer.azure.session import Session
    from deployer.helm.client import ReleaseState
    from deployer.progress.report import StepReport

ACCOUNT_TYPE = "Microsoft.Storage/storageAccounts"


@dataclass(frozen=True)
class NodePool:
    """A node pool as it is: its VM size, its nodes now, and the bounds of its autoscaler."""

    name: str
    vm_size: str
    count: int
    min_count: int | None
    max_count: int | None


@dataclass(frozen=True)
class HubInfo:
    """A hub as it is.

    Attributes:
        name: of the hub.
        binder_url: the page where people build and launch.
        binder_answers: whether it answers now.
        hub_url: the JupyterHub behind it.
        hub_answers: whether it answers now.
        location: Azure region.
        resource_group: the group of all resources.
        cluster: name of the managed cluster.
        cluster_state: Running or Stopped, and the provisioning state.
        kubernetes_version: version of the control plane.
        pools: the node pools.
        chart: chart and version of the release, None where there is no release.
        revision: number of the newest revision of the release.
        release_status: status of the release, as helm names it.
        certificate: state of the certificate, in words; None over plain HTTP.
        outputs: where runs leave their outputs; None where no storage account carries the tag of the hub.

    """

    name: str
    binder_url: str
    binder_answers: bool
    hub_url: str
    hub_answers: bool
    location: str
    resource_group: str
    cluster: str
    cluster_state: str
    kubernetes_version: str
    pools: tuple[NodePool, ...]
    chart: str | None
    revision: int | None
    release_status: str | None
    certificate: str | None
    outputs: str | None


async def inspect_hub(session: Session, helm: Path, report: StepReport) -> HubInfo:
    """Return the state of a hub, without changing anything.

    Raises:
        PreflightError: there is no such hub.

    """
    names = session.names
    cluster = await with_retries(report, "find the cluster", lambda: _cluster(session))
    (release, certificate), outputs = await asyncio.gather(
        _inside(session, cluster, helm, report),
        with_retries(report, "find the outputs", lambda: _outputs(session)),
    )
    addresses = sites_of(session, release)
    binder_answers, hub_answers = await asyncio.gather(*map(answers, addresses.probes))
    return HubInfo(
        name=names.hub,
        binder_url=addresses.binder,
        binder_answers=binder_answers,
        hub_url=addresses.hub,
        hub_answers=hub_answers,
        location=cluster.location,
        resource_group=session.settings.resource_group_name,
        cluster=names.cluster,
        cluster_state=_state(cluster),
        kubernetes_version=cluster.current_kubernetes_version or "unknown",
        pools=_pools(cluster),
        chart=release.chart if release else None,
        revision=release.revision if release else None,
        release_status=release.status if release else None,
        certificate=certificate,
        outputs=outputs,
    )


async def _cluster(session: Session) -> ManagedCluster:
    group, name = session.settings.resource_group_name, session.names.cluster
    found = await find_cluster(session.azure, group, name)
    if found is None:
        raise PreflightError(
            f"There is no hub {name} in the resource group {group}.",
            suggestion="Check the name of the hub, the resource group and the subscription; `deploy` creates "
            "a hub.",
        )
    return found


async def _inside(
    session: Session, cluster: ManagedCluster, helm: Path, report: StepReport
) -> tuple[ReleaseState | None, str | None]:
    """Return the release, and the state of the certificate; nothing of a stopped cluster."""
    if power_state(cluster) != RUNNING:
        return None, None
    group, names = session.settings.resource_group_name, session.names
    content = await fetch_kubeconfig(session.azure, group, names.cluster, report)
    with private_kubeconfig(content) as access:
        release = await Helm(helm, access.kubeconfig).find(names.release, names.namespace)
        state = await CertificateClient(await access.api(), names).state()
    return release, certificate_in_words(state)


async def _outputs(session: Session) -> str | None:
    """Return the address of the outputs in the storage account that carries the tag of the hub."""
    group, hub = session.settings.resource_group_name, session.names.hub
    accounts = await list_own_resources(session.azure, group, ACCOUNT_TYPE, hub)
    return next((f"{blob_endpoint(each.name)}/{CONTAINER}" for each in accounts if each.name), None)


def _state(cluster: ManagedCluster) -> str:
    return f"{power_state(cluster)} ({cluster.provisioning_state})"


def _pools(cluster: ManagedCluster) -> tuple[NodePool, ...]:
    return tuple(
        NodePool(pool.name, pool.vm_size or "", pool.count or 0, pool.min_count, pool.max_count)
        for pool in cluster.agent_pool_profiles or ()
    )
