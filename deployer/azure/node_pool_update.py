"""Finds the node pools of a managed cluster that need a request of their own.

Azure refuses a pool that is new in the request of its cluster. People delete one in the portal, for example
because Azure cannot change the size of its machines.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deployer.azure.cluster_update import node_pools

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


def plan_pool_updates(found: Body, wanted: Body) -> tuple[NodePoolUpdate, ...]:
    """Return the requests that node pools need after that of their cluster.

    Args:
        found: the cluster as Azure returned it after its own request.
        wanted: the description of the cluster.

    """
    return tuple(_missing(found, wanted))


def _missing(found: Body, wanted: Body) -> Iterator[NodePoolUpdate]:
    live = node_pools(found)
    for name, pool in node_pools(wanted).items():
        if name not in live:
            yield _update(pool, found, f"new pool {name}")


def _update(pool: Body, cluster: Body, change: str) -> NodePoolUpdate:
    """Return the request that gives a pool the version of its control plane."""
    properties = {key: value for key, value in pool.items() if key != "name"}
    properties["orchestratorVersion"] = cluster["properties"].get("currentKubernetesVersion")
    return NodePoolUpdate(pool["name"], {"properties": properties}, change)
