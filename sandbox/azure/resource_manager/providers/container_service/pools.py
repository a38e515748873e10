"""Agent pools as data: children of a cluster in the state, node pools for the control plane."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.azure.resource_manager.core.state import Resource
from sandbox.azure.resource_manager.providers.container_service.defaults import pool_properties
from sandbox.azure.resource_manager.providers.container_service.quota import AGENT_POOLS
from sandbox.clusters.spec import ClusterSpec, NodePool

if TYPE_CHECKING:
    from sandbox.azure.resource_manager.core.state import State


def pools_of(state: State, cluster: Resource) -> list[Resource]:
    """A cluster's agent pools, in the order they were made."""
    return state.of_type(AGENT_POOLS, str(cluster.id))


def store_pool(
    state: State, cluster: Resource, name: str, asked: dict[str, Any], provisioning: str
) -> Resource:
    """Make an agent pool, or put new properties over those it has."""
    pool_id = cluster.id.child("agentPools", name)
    existing = state.get(pool_id)
    before = existing.properties if existing else {}
    properties = pool_properties({**before, **asked}, cluster.properties)
    properties["provisioningState"] = provisioning
    if existing is None:
        return state.store(Resource(pool_id, {"properties": properties}))
    existing.document["properties"] = properties
    existing.touch()
    return existing


def settle_pools(state: State, cluster: Resource, provisioning: str) -> None:
    """Note on every pool how an operation on the whole cluster came out."""
    for pool in pools_of(state, cluster):
        pool.settle(provisioning)
        pool.properties["powerState"] = dict(cluster.properties["powerState"])


def pool_shown(pool: Resource) -> dict[str, Any]:
    """A pool as its cluster shows it, in `agentPoolProfiles`."""
    return {"name": pool.id.name, **pool.shown()["properties"], "eTag": pool.etag}


def node_pools(state: State, cluster: Resource) -> tuple[NodePool, ...]:
    """A cluster's pools for the control plane."""
    return tuple(_node_pool(pool) for pool in pools_of(state, cluster))


def cluster_spec(state: State, cluster: Resource) -> ClusterSpec:
    """The whole cluster for the control plane."""
    return ClusterSpec(
        name=cluster.id.name,
        fqdn=cluster.properties["fqdn"],
        location=cluster.location,
        kubernetes_version=cluster.properties["currentKubernetesVersion"],
        pools=node_pools(state, cluster),
    )


def _node_pool(pool: Resource) -> NodePool:
    properties = pool.properties
    count = int(properties["count"])
    return NodePool(
        name=pool.id.name,
        mode=properties["mode"],
        vm_size=properties["vmSize"],
        count=count,
        min_count=int(properties.get("minCount", count)),
        max_count=int(properties.get("maxCount", count)),
        autoscaling=bool(properties["enableAutoScaling"]),
        labels=dict(properties.get("nodeLabels") or {}),
        taints=tuple(properties.get("nodeTaints") or ()),
    )
