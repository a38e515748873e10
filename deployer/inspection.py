"""What `info` tells: the hub as Azure and the cluster have it now, not as a record remembers it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx
from azure.core.exceptions import ResourceNotFoundError

from deployer.azure.operations import ask
from deployer.certificate_store import CertificateStore
from deployer.certificates import certificate_in_words
from deployer.errors import DeployerError, PreflightError
from deployer.helm import Helm
from deployer.kubernetes import private_kubeconfig
from deployer.names import NAME_TAG, PUBLIC_SUFFIX
from deployer.outputs import CONTAINER, blob_endpoint

if TYPE_CHECKING:
    from pathlib import Path

    from azure.mgmt.containerservice.models import ManagedCluster

    from deployer.helm import ReleaseState
    from deployer.session import Session
    from deployer.workflow import StepReport

RUNNING = "Running"
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
        name: the hub's name.
        binder_url: where people build and launch.
        binder_answers: whether it answers now.
        hub_url: the JupyterHub behind it.
        hub_answers: whether it answers now.
        location: Azure region.
        resource_group: the group that everything is in.
        cluster: name of the managed cluster.
        cluster_state: Running or Stopped, and Azure's provisioning state.
        kubernetes_version: version of the control plane.
        pools: the node pools.
        chart: chart and version of the release, None where there is no release.
        revision: helm's number of the release's newest revision.
        release_status: helm's word for it.
        certificate: of the hub's names, in words; None over plain HTTP.
        outputs: where runs leave their outputs; None where no storage account carries the hub's tag.

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
    """Look at a hub; nothing is changed.

    Raises:
        PreflightError: there is no such hub.

    """
    names = session.names
    cluster = await ask(report, "look at the cluster", lambda: _cluster(session))
    (release, certificate), outputs = await asyncio.gather(
        _inside(session, cluster, helm, report),
        ask(report, "look for the outputs", lambda: _outputs(session)),
    )
    addresses = _addresses(session, release)
    binder_answers, hub_answers = await asyncio.gather(
        _answers(f"{addresses.binder}/versions"), _answers(f"{addresses.hub}/hub/api")
    )
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
    try:
        return await session.azure.clusters.managed_clusters.get(group, name)
    except ResourceNotFoundError:
        raise PreflightError(
            f"There is no hub {name} in the resource group {group}.",
            suggestion="Check the hub's name, the resource group and the subscription; `deploy` makes a hub.",
        ) from None


@dataclass(frozen=True)
class _Addresses:
    """Where a hub's two sites are."""

    binder: str
    hub: str


def _addresses(session: Session, release: ReleaseState | None) -> _Addresses:
    """Return the addresses that the release was given; those of the settings where there is none.

    Who asks need not know with which settings the hub was deployed.
    """
    names = session.names
    if release is None:
        return _Addresses(names.binder_url, names.hub_url)
    ingress = release.values.get("ingress") or {}
    hub_url = release.values.get("config", {}).get("BinderHub", {}).get("hub_url") or names.hub_url
    if ingress.get("enabled") and ingress.get("hosts"):
        return _Addresses(f"https://{ingress['hosts'][0]}", hub_url)
    own_name = f"{names.binder_label}.{session.settings.region}.{PUBLIC_SUFFIX}"
    return _Addresses(f"http://{own_name}", hub_url)


async def _inside(
    session: Session, cluster: ManagedCluster, helm: Path, report: StepReport
) -> tuple[ReleaseState | None, str | None]:
    """Look into the cluster: return the release, and how the certificate stands."""
    if _power(cluster) != RUNNING:
        return None, None
    answer = await ask(
        report,
        "fetch the cluster's credentials",
        lambda: session.azure.clusters.managed_clusters.list_cluster_user_credentials(
            session.settings.resource_group_name, session.names.cluster
        ),
    )
    content = answer.kubeconfigs[0].value if answer.kubeconfigs else None
    if not content:
        raise DeployerError("Azure gave no credentials for the cluster.", retryable=True)
    with private_kubeconfig(bytes(content)) as access:
        release = await Helm(helm, access.kubeconfig).find(session.names.release, session.names.namespace)
        state = await CertificateStore(await access.api(), session.names).state()
    return release, certificate_in_words(state)


async def _outputs(session: Session) -> str | None:
    """Find the storage account that carries the hub's tag."""
    accounts = session.azure.resources.resources.list_by_resource_group(
        session.settings.resource_group_name, filter=f"resourceType eq '{ACCOUNT_TYPE}'"
    )
    async for account in accounts:
        if account.name and (account.tags or {}).get(NAME_TAG) == session.names.hub:
            return f"{blob_endpoint(account.name)}/{CONTAINER}"
    return None


async def _answers(url: str) -> bool:
    """Whether something answers; whether browsers trust its certificate is told apart from that."""
    try:
        async with httpx.AsyncClient(timeout=10, follow_redirects=True, verify=False) as client:  # noqa: S501
            return (await client.get(url)).is_success
    except httpx.HTTPError:
        return False


def _power(cluster: ManagedCluster) -> str:
    code = cluster.power_state.code if cluster.power_state else None
    return getattr(code, "value", code) or RUNNING


def _state(cluster: ManagedCluster) -> str:
    return f"{_power(cluster)} ({cluster.provisioning_state})"


def _pools(cluster: ManagedCluster) -> tuple[NodePool, ...]:
    return tuple(
        NodePool(pool.name, pool.vm_size or "", pool.count or 0, pool.min_count, pool.max_count)
        for pool in cluster.agent_pool_profiles or ()
    )
