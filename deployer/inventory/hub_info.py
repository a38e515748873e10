"""What `info` shows of a hub, and how it follows from what was found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from deployer.azure.clusters import power_state
from deployer.names import CERT_MANAGER, INGRESS
from deployer.outputs.stores import CONTAINER, blob_endpoint
from deployer.settings.versions import BINDERHUB_VERSION, CERTMANAGER_VERSION, TRAEFIK_VERSION

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from azure.mgmt.containerservice.models import ManagedClusterAgentPoolProfile

    from deployer.helm.client import ListedRelease
    from deployer.inventory.hub import Hub
    from deployer.inventory.schedule import Schedule
    from deployer.inventory.sites import Sites
    from deployer.names import HubNames
    from deployer.outputs.history import PastRun

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

    @classmethod
    def of(cls, pool: ManagedClusterAgentPoolProfile) -> NodePool:
        """Return a pool as Azure describes it."""
        return cls(
            pool.name,
            pool.vm_size or "",
            pool.count or 0,
            pool.min_count,
            pool.max_count,
            str(pool.provisioning_state or "unknown"),
        )


@dataclass(frozen=True)
class Release:
    """A release as it is, and the version of its chart that this deployer is known to work with."""

    name: str
    chart: str
    known_good: str
    revision: int
    status: str

    @classmethod
    def of(cls, listed: ListedRelease) -> Release:
        """Return a release as helm lists it."""
        known = (f"{name}-{good}" for name, good in KNOWN_GOOD.items() if listed.chart.startswith(f"{name}-"))
        return cls(listed.name, listed.chart, next(known, ""), listed.revision, listed.status)


@dataclass(frozen=True)
class LastRun:
    """How the last run of the deployer for this hub ended."""

    command: str
    status: str
    started: str
    error: str | None
    outputs: str

    @classmethod
    def of(cls, run: PastRun) -> LastRun:
        """Return a run as its record tells of it."""
        error = run.record.get("error") or {}
        status = str(run.record.get("status"))
        return cls(run.command, status, run.started, error.get("message"), run.location)


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
        schedule: when the hub is stopped and started next; None without a stop schedule.
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
    schedule: Schedule | None
    outputs: str | None
    last_run: LastRun | None
    differences: tuple[str, ...]
    problems: tuple[str, ...]


@dataclass
class Contents:
    """What there is of a hub inside its cluster and around it, as far as it can be looked at.

    Attributes:
        releases: all that are in the cluster.
        values: of the release of BinderHub; None where there is none.
        certificate: its state in words; None over plain HTTP.
        pods: of the hub; None where they cannot be looked at.
        stored: the settings of the last deployment; None where none has succeeded.
        schedule: when the hub is stopped and started next; None without a stop schedule.
        problems: what could not be looked at, and why.

    """

    releases: list[ListedRelease] = field(default_factory=list)
    values: Mapping[str, Any] | None = None
    certificate: str | None = None
    pods: list[dict[str, Any]] | None = None
    stored: dict[str, Any] | None = None
    schedule: Schedule | None = None
    problems: list[str] = field(default_factory=list)


def describe_hub(
    hub: Hub, contents: Contents, sites: Sites, answering: Sequence[bool], differences: tuple[str, ...]
) -> HubInfo:
    """Return what is shown of a hub.

    Args:
        hub: as it was found.
        contents: what is in its cluster.
        sites: its addresses.
        answering: whether BinderHub and JupyterHub answer there.
        differences: to what its last deployment wants.

    """
    names, settings, cluster = hub.session.names, hub.session.settings, hub.cluster
    binder_answers, hub_answers = answering
    return HubInfo(
        name=names.hub,
        binder_url=sites.binder,
        binder_answers=binder_answers,
        hub_url=sites.hub,
        hub_answers=hub_answers,
        location=settings.region,
        resource_group=settings.resource_group_name,
        cluster=names.cluster,
        cluster_state=f"{power_state(cluster)} ({cluster.provisioning_state})" if cluster else NO_CLUSTER,
        kubernetes_version=(cluster.current_kubernetes_version if cluster else None) or "unknown",
        pools=tuple(NodePool.of(pool) for pool in (cluster.agent_pool_profiles if cluster else None) or ()),
        releases=_own_releases(contents.releases, names),
        sessions=_running(contents.pods, SESSIONS),
        builds=_running(contents.pods, BUILDS),
        certificate=contents.certificate,
        schedule=contents.schedule,
        outputs=next((f"{blob_endpoint(account)}/{CONTAINER}" for account in hub.accounts), None),
        last_run=LastRun.of(hub.history[0]) if hub.history else None,
        differences=differences,
        problems=(*hub.notes, *contents.problems),
    )


def _own_releases(listed: Sequence[ListedRelease], names: HubNames) -> tuple[Release, ...]:
    own = {(names.namespace, names.release), (INGRESS, INGRESS), (CERT_MANAGER, CERT_MANAGER)}
    return tuple(Release.of(each) for each in listed if (each.namespace, each.name) in own)


def _running(pods: Sequence[Mapping[str, Any]] | None, labels: Mapping[str, str]) -> int | None:
    """Return how many pods with these labels have not ended."""
    if pods is None:
        return None
    return sum(
        labels.items() <= (pod["metadata"].get("labels") or {}).items()
        and pod["status"].get("phase") in {"Pending", "Running"}
        for pod in pods
    )
