"""Looks into the cluster of a hub, as far as it can be reached: releases, DNS records, other namespaces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deployer.azure.cluster_state import SETTLED_STATES, under_way
from deployer.azure.clusters import RUNNING, open_cluster, power_state
from deployer.errors import DeployerError
from deployer.helm.client import Helm
from deployer.inventory.things import Kind, Thing
from deployer.kubernetes.dns_inventory import read_inventory
from deployer.kubernetes.namespaces import find_own_namespace
from deployer.kubernetes.objects import list_objects
from deployer.names import CERT_MANAGER, INGRESS

if TYPE_CHECKING:
    from pathlib import Path

    from kr8s.asyncio import Api

    from deployer.helm.client import ListedRelease
    from deployer.inventory.hub import Hub
    from deployer.kubernetes.cluster import ClusterAccess
    from deployer.names import HubNames
    from deployer.progress.report import StepReport

# Kubernetes, AKS and Azure Policy bring these namespaces.
OF_AZURE = ("default", "kube-", "gatekeeper-system", "aks-", "calico-", "tigera-")


@dataclass(frozen=True)
class Inside:
    """What is in the cluster of a hub.

    Attributes:
        releases: of the hub.
        records: ids of the DNS record sets that the hub created.
        foreign: namespaces that somebody else created.
        problem: why the cluster could not be looked into; "" where it was.

    """

    releases: tuple[Thing, ...] = ()
    records: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()
    problem: str = ""


async def look_inside(hub: Hub, helm: Path, report: StepReport) -> Inside:
    """Return what is in the cluster; nothing, with the reason, where it cannot be reached."""
    if hub.cluster is None:
        return Inside()
    name, state = hub.session.names.cluster, str(hub.cluster.provisioning_state)
    if power_state(hub.cluster) != RUNNING:
        return Inside(problem=f"the cluster {name} is stopped")
    if state not in SETTLED_STATES:
        return Inside(problem=under_way(state, f"the cluster {name}"))
    group = hub.session.settings.resource_group_name
    try:
        async with open_cluster(hub.session.azure, group, name, report, hub.cluster) as access:
            return await _look(access, hub.session.names, helm)
    except DeployerError as error:
        return Inside(problem=error.message)


async def _look(access: ClusterAccess, names: HubNames, helm: Path) -> Inside:
    api = await access.api()
    own = {
        names.namespace,
        *[name for name in (INGRESS, CERT_MANAGER) if await find_own_namespace(api, name)],
    }
    releases = [
        _release(each) for each in await Helm(helm, access.kubeconfig).list() if each.namespace in own
    ]
    records = await read_inventory(api, names.namespace)
    return Inside(tuple(releases), records, await _foreign(api, own))


def _release(listed: ListedRelease) -> Thing:
    return Thing(Kind.RELEASE, f"{listed.namespace}/{listed.name}", detail=listed.chart)


async def _foreign(api: Api, own: set[str]) -> tuple[str, ...]:
    names = [each["metadata"]["name"] for each in await list_objects(api, "v1", "Namespace")]
    return tuple(name for name in names if name not in own and not name.startswith(OF_AZURE))
