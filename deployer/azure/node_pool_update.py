"""Finds the node pools of a managed cluster that need a request of their own.

In the request of their cluster, Azure refuses a pool that is new, and another version for some pools alone.
People delete a pool in the portal, for example because Azure cannot change the size of its machines; or they
upgrade the control plane without the pools.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deployer.azure.cluster_update import node_pools, without_local_dns
from deployer.azure.kubernetes_versions import is_met, is_older

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deployer.azure.managed_cluster import Body


@dataclass(frozen=True)
class NodePoolUpdate:
    """The request of one node pool.

    Attributes:
        name: of the pool.
        body: for the request.
        change: in the reader's terms.

    """

    name: str
    body: Body
    change: str


def plan_pool_updates(found: Body, wanted: Body, version: str | None) -> tuple[NodePoolUpdate, ...]:
    """Return the requests that node pools need after that of their cluster.

    Args:
        found: the cluster as Azure returned it after its own request.
        wanted: the description of the cluster.
        version: of Kubernetes that the pools should have; None for no change.

    """
    return (*_missing(found, wanted), *(_behind(found, version) if version else ()))


def _missing(found: Body, wanted: Body) -> Iterator[NodePoolUpdate]:
    live = node_pools(found)
    for name, pool in node_pools(wanted).items():
        if name not in live:
            yield _update(pool, found, f"new pool {name}")


def _behind(found: Body, version: str) -> Iterator[NodePoolUpdate]:
    current = found["properties"].get("currentKubernetesVersion")
    if not is_met(version, current):
        return  # the request of the cluster upgrades its pools, too
    for name, pool in node_pools(found).items():
        has = pool.get("currentOrchestratorVersion") or pool.get("orchestratorVersion") or version
        if is_older(has, version):
            yield _update(without_local_dns(pool), found, f"pool {name} to Kubernetes {current}")


def _update(pool: Body, cluster: Body, change: str) -> NodePoolUpdate:
    """Return the request that gives a pool the version of its control plane."""
    properties = {key: value for key, value in pool.items() if key != "name"}
    properties["orchestratorVersion"] = cluster["properties"].get("currentKubernetesVersion")
    return NodePoolUpdate(pool["name"], {"properties": properties}, change)
