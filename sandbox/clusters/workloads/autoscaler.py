"""Plays the cluster autoscaler: adds a node to a pool if a pod fits on no node, but would on a new one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.clusters.kubernetes_api import Object, watch
from sandbox.clusters.vm_sizes import VM_SIZES, allocatable
from sandbox.clusters.workloads.quantities import requested

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from sandbox.clock import Clock
    from sandbox.clusters.spec import NodePool
    from sandbox.clusters.workloads.nodes import Nodes


async def autoscale(
    api: httpx.AsyncClient, clock: Clock, nodes: Nodes, pools: Callable[[], tuple[NodePool, ...]]
) -> None:
    """Add nodes for pods that can't be scheduled, within the limits of the pools, while the cluster runs."""
    helped: dict[str, str] = {}
    async for pods in watch(api, "/api/v1/pods"):
        for uid, pod in list(pods.items()):
            if _is_unschedulable(pod) and not _is_of_a_node(pod) and uid not in helped:
                pool = await _pool_for(pod, nodes, pools())
                if pool is not None:
                    helped[uid] = pool.name
                    await clock.spend("node.join")
                    await nodes.add(pool)


def _is_unschedulable(pod: Object) -> bool:
    return any(
        condition["type"] == "PodScheduled" and condition.get("reason") == "Unschedulable"
        for condition in pod["status"].get("conditions") or []
    ) and not pod["spec"].get("nodeName")


def _is_of_a_node(pod: Object) -> bool:
    """Return whether a pod is for one node that is there: a new node brings another pod of its DaemonSet.

    The cluster autoscaler passes over such pods (core/podlistprocessor/filter_out_daemon_sets.go). Those of a
    new node are unschedulable until its kubelet has told what the node has.
    """
    return any(owner["kind"] == "DaemonSet" for owner in pod["metadata"].get("ownerReferences") or [])


async def _pool_for(pod: Object, nodes: Nodes, pools: tuple[NodePool, ...]) -> NodePool | None:
    for pool in pools:
        fits = pool.autoscaling and _tolerates(pod, pool) and _selects(pod, pool) and _has_room(pod, pool)
        if fits and len(await nodes.names(pool.name)) < pool.max_count:
            return pool
    return None


def _tolerates(pod: Object, pool: NodePool) -> bool:
    tolerated = pod["spec"].get("tolerations") or []
    return all(any(_matches(toleration, taint) for toleration in tolerated) for taint in pool.taints)


def _matches(toleration: Object, taint: str) -> bool:
    pair, _, effect = taint.rpartition(":")
    key, _, value = pair.partition("=")
    if toleration.get("effect") not in (None, effect) or toleration.get("key") not in (None, key):
        return False
    return toleration.get("operator") == "Exists" or toleration.get("value", "") == value


def _selects(pod: Object, pool: NodePool) -> bool:
    labels = {"kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64", **pool.labels}
    selector: dict[str, str] = pod["spec"].get("nodeSelector") or {}
    affinity = (pod["spec"].get("affinity") or {}).get("nodeAffinity") or {}
    required = affinity.get("requiredDuringSchedulingIgnoredDuringExecution") or {}
    terms = required.get("nodeSelectorTerms") or [{}]
    return all(labels.get(key) == value for key, value in selector.items()) and any(
        all(labels.get(one["key"]) in one.get("values", []) for one in term.get("matchExpressions") or [])
        for term in terms
    )


def _has_room(pod: Object, pool: NodePool) -> bool:
    millicores, memory = allocatable(VM_SIZES[pool.vm_size])
    wanted_millicores, wanted_memory = requested(pod)
    return wanted_millicores <= millicores and wanted_memory <= memory
