"""Agent pools as resources, children of their cluster, and as node pools of the control plane."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.azure.resource_manager.core.state import Resource
from sandbox.azure.resource_manager.providers.container_service.defaults import pool_properties
from sandbox.azure.resource_manager.providers.container_service.quota import AGENT_POOLS
from sandbox.clusters.spec import ClusterSpec, NodePool

if TYPE_CHECKING:
    from sandbox.azure.resource_manager.core.state import State


def pools_of(state: State, cluster: Resource) -> list[Resource]:
    """Return the agent pools of a cluster, in the order of their creation."""
    return state.of_type(AGENT_POOLS, str(cluster.id))


def merged_pool(before: dict[str, Any], asked: dict[str, Any]) -> dict[str, Any]:
    """Return the properties of a pool after a request; without autoscaling there are no bounds."""
    merged = {**before, **asked}
    if asked.get("enableAutoScaling") is False:
        for bound in {"minCount", "maxCount"} - asked.keys():
            merged.pop(bound, None)
    return merged


def store_pool(
    state: State, cluster: Resource, name: str, asked: dict[str, Any], provisioning: str
) -> Resource:
    """Create an agent pool, or merge new properties into those it has."""
    pool_id = cluster.id.child("agentPools", name)
    existing = state.get(pool_id)
    before = existing.properties if existing else {}
    properties = pool_properties(merged_pool(before, asked), cluster.properties)
    properties["provisioningState"] = provisioning
    if existing is None:
        return state.store(Resource(pool_id, {"properties": properties}))
    existing.document["properties"] = properties
    existing.touch()
    return existing


def settle_pools(state: State, cluster: Resource, provisioning: str) -> None:
    """Set the provisioning state of all pools after an operation on the cluster."""
    for pool in pools_of(state, cluster):
        pool.settle(provisioning)
        pool.properties["powerState"] = dict(cluster.properties["powerState"])


def pool_shown(pool: Resource) -> dict[str, Any]:
    """Return a pool as its cluster shows it in `agentPoolProfiles`."""
    return {"name": pool.id.name, **pool.shown()["properties"], "eTag": pool.etag}


def node_pools(state: State, cluster: Resource) -> tuple[NodePool, ...]:
    """Return the node pools for the control plane."""
    return tuple(_node_pool(pool) for pool in pools_of(state, cluster))


def cluster_spec(state: State, cluster: Resource) -> ClusterSpec:
    """Return the specification of the control plane."""
    return ClusterSpec(
        name=cluster.id.name,
        fqdn=cluster.properties["fqdn"],
        location=cluster.location,
        kubernetes_version=cluster.properties["currentKubernetesVersion"],
        pools=node_pools(state, cluster),
        group=cluster.id.group or "",
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
