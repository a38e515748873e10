"""Inspects a hub for `info`: as Azure and the cluster have it now, and how its last run ended.

Whatever cannot be looked at is named, and the rest is shown all the same.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from deployer.azure.clusters import RUNNING, open_cluster, power_state
from deployer.certificates.client import CertificateClient
from deployer.certificates.state import certificate_in_words
from deployer.errors import DeployerError
from deployer.helm.client import Helm
from deployer.inventory.differences import Live, find_differences
from deployer.inventory.hub import find_hub, no_such_hub
from deployer.inventory.sites import answers, sites_of
from deployer.kubernetes.objects import list_objects
from deployer.kubernetes.stored_settings import read_stored_settings
from deployer.names import CERT_MANAGER, INGRESS
from deployer.outputs.stores import CONTAINER, blob_endpoint
from deployer.settings.loading import hide_stored_secrets
from deployer.settings.versions import BINDERHUB_VERSION, CERTMANAGER_VERSION, TRAEFIK_VERSION

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from azure.mgmt.containerservice.models import ManagedCluster

    from deployer.azure.session import Session
    from deployer.helm.client import ListedRelease, ReleaseState
    from deployer.inventory.hub import Hub
    from deployer.kubernetes.cluster import ClusterAccess
    from deployer.names import HubNames
    from deployer.outputs.history import PastRun
    from deployer.progress.report import StepReport
    from deployer.settings import Settings

KNOWN_GOOD = {"binderhub": BINDERHUB_VERSION, "traefik": TRAEFIK_VERSION, "cert-manager": CERTMANAGER_VERSION}
SESSIONS, BUILDS = {"component": "singleuser-server"}, {"component": "binderhub-build"}
NO_CLUSTER = "missing"


@dataclass(frozen=True)
class NodePool:
    """A node pool as it is: its VM size, its nodes now, and the bounds of its autoscaler."""

    name: str
    vm_size: str
    count: int
    min_count: int | None
    max_count: int | None
    state: str


@dataclass(frozen=True)
class Release:
    """A release as it is, and the version of its chart that this deployer is known to work with."""

    name: str
    chart: str
    known_good: str
    revision: int
    status: str


@dataclass(frozen=True)
class LastRun:
    """How the last run of the deployer for this hub ended."""

    command: str
    status: str
    started: str
    error: str | None
    outputs: str


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
        cluster_state: Running or Stopped, and the provisioning state; `missing` where there is no cluster.
        kubernetes_version: version of the control plane.
        pools: the node pools.
        releases: of the hub, with the versions that this deployer is known to work with.
        sessions: that run now; None where that cannot be looked at.
        builds: that run now; None where that cannot be looked at.
        certificate: state of the certificate, in words; None over plain HTTP.
        outputs: where runs leave their outputs; None where no storage account carries the tag of the hub.
        last_run: None where no record can be read.
        differences: what a deployment with the last settings would change now.
        problems: what could not be looked at, and why.

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
    releases: tuple[Release, ...]
    sessions: int | None
    builds: int | None
    certificate: str | None
    outputs: str | None
    last_run: LastRun | None
    differences: tuple[str, ...]
    problems: tuple[str, ...]


@dataclass
class _Inside:
    """What is in the cluster, as far as it can be looked into."""

    listed: list[ListedRelease] = field(default_factory=list)
    release: ReleaseState | None = None
    certificate: str | None = None
    pods: list[dict[str, Any]] | None = None
    stored: dict[str, Any] | None = None
    problems: list[str] = field(default_factory=list)


async def inspect_hub(session: Session, helm: Path, directory: Path, report: StepReport) -> HubInfo:
    """Return the state of a hub, without changing anything.

    Args:
        session: opened with the name of the hub and its group.
        helm: the helm program.
        directory: where outputs may be that went to no storage account.
        report: receives what is waited for.

    Raises:
        PreflightError: there is nothing of such a hub.

    """
    hub = await find_hub(session, directory, report)
    names, group = hub.session.names, hub.session.settings.resource_group_name
    if hub.cluster is None and not hub.history and not hub.accounts:
        raise no_such_hub(names.hub, group, hint="; `deploy` creates a hub")
    inside = await _inside(hub, helm, report)
    sites = sites_of(hub.session, inside.release)
    binder_answers, hub_answers = await asyncio.gather(*map(answers, sites.probes))
    cluster = hub.cluster
    return HubInfo(
        name=names.hub,
        binder_url=sites.binder,
        binder_answers=binder_answers,
        hub_url=sites.hub,
        hub_answers=hub_answers,
        location=hub.session.settings.region,
        resource_group=group,
        cluster=names.cluster,
        cluster_state=_state(cluster) if cluster else NO_CLUSTER,
        kubernetes_version=(cluster.current_kubernetes_version if cluster else None) or "unknown",
        pools=_pools(cluster) if cluster else (),
        releases=_releases(inside.listed, names),
        sessions=_count(inside.pods, SESSIONS),
        builds=_count(inside.pods, BUILDS),
        certificate=inside.certificate,
        outputs=next((f"{blob_endpoint(account)}/{CONTAINER}" for account in hub.accounts), None),
        last_run=_last_run(hub.history[0]) if hub.history else None,
        differences=_differences(hub, inside),
        problems=(*hub.notes, *inside.problems),
    )


async def _inside(hub: Hub, helm: Path, report: StepReport) -> _Inside:
    """Look into the cluster; what fails is a problem, and the rest is looked at all the same."""
    inside = _Inside()
    if hub.cluster is None or power_state(hub.cluster) != RUNNING:
        return inside
    group, names = hub.session.settings.resource_group_name, hub.session.names
    try:
        async with open_cluster(hub.session.azure, group, names.cluster, report) as access:
            await access.api()  # One failure in place of five, where the API is away.
            await _look(inside, access, names, helm)
    except DeployerError as error:
        inside.problems.append(error.message)
    return inside


async def _look(inside: _Inside, access: ClusterAccess, names: HubNames, helm: Path) -> None:
    async def releases() -> None:
        inside.listed = await Helm(helm, access.kubeconfig).list()

    async def release() -> None:
        inside.release = await Helm(helm, access.kubeconfig).find(names.release, names.namespace)

    async def certificate() -> None:
        state = await CertificateClient(await access.api(), names).state()
        inside.certificate = certificate_in_words(state)

    async def pods() -> None:
        inside.pods = await list_objects(await access.api(), "v1", "Pod", names.namespace)

    async def stored() -> None:
        inside.stored = await read_stored_settings(await access.api())

    looks = (releases(), release(), certificate(), pods(), stored())
    for failure in await asyncio.gather(*looks, return_exceptions=True):
        if isinstance(failure, DeployerError):
            inside.problems.append(failure.message)
        elif isinstance(failure, BaseException):
            raise failure


def _differences(hub: Hub, inside: _Inside) -> tuple[str, ...]:
    """Return what a deployment with the settings of the last one would change now."""
    if inside.stored is None or hub.cluster is None:
        return ()
    hide_stored_secrets(inside.stored)
    settings = _resolved(hub, inside.stored)
    if settings is None:
        return ("the settings of the last deployment are not valid for this release of the deployer",)
    live = Live(inside.listed, inside.release, hub.cluster.as_dict())
    return tuple(find_differences(settings, live).lines())


def _resolved(hub: Hub, stored: Mapping[str, Any]) -> Settings | None:
    """Return the settings of the last deployment, None where they are not valid any more."""
    own = hub.session.settings
    minimal = {"binderhub_name": own.binderhub_name, "resource_group_name": own.resource_group_name}
    try:
        settings = type(own).model_validate({**minimal, **stored})
    except ValueError:
        return None
    location = settings.resource_group_location or own.region
    return settings.resolved(subscription_id=hub.session.azure.subscription, location=location)


def _releases(listed: list[ListedRelease], names: HubNames) -> tuple[Release, ...]:
    own = {(names.namespace, names.release), (INGRESS, INGRESS), (CERT_MANAGER, CERT_MANAGER)}
    return tuple(
        Release(each.name, each.chart, _known_good(each.chart), each.revision, each.status)
        for each in listed
        if (each.namespace, each.name) in own
    )


def _known_good(chart: str) -> str:
    return next((f"{name}-{good}" for name, good in KNOWN_GOOD.items() if chart.startswith(f"{name}-")), "")


def _count(pods: list[dict[str, Any]] | None, labels: Mapping[str, str]) -> int | None:
    """Return how many pods with these labels have not ended."""
    if pods is None:
        return None
    return sum(
        labels.items() <= (pod["metadata"].get("labels") or {}).items()
        and pod["status"].get("phase") in {"Pending", "Running"}
        for pod in pods
    )


def _last_run(run: PastRun) -> LastRun:
    error = run.record.get("error") or {}
    return LastRun(
        run.command, str(run.record.get("status")), run.started, error.get("message"), run.location
    )


def _state(cluster: ManagedCluster) -> str:
    return f"{power_state(cluster)} ({cluster.provisioning_state})"


def _pools(cluster: ManagedCluster) -> tuple[NodePool, ...]:
    return tuple(
        NodePool(
            pool.name,
            pool.vm_size or "",
            pool.count or 0,
            pool.min_count,
            pool.max_count,
            str(pool.provisioning_state or "unknown"),
        )
        for pool in cluster.agent_pool_profiles or ()
    )
