"""The nodes of the node pools, with the labels, taints and allocatable resources that AKS gives them."""

from __future__ import annotations

import asyncio
import zlib
from typing import TYPE_CHECKING

from sandbox.clusters.cloud import NoCloud
from sandbox.clusters.kubernetes_api import Object, create, label_of, list_objects, patch
from sandbox.clusters.programs import KUBERNETES_VERSION
from sandbox.clusters.vm_sizes import GIB, MIB, VM_SIZES, allocatable

if TYPE_CHECKING:
    import httpx

    from sandbox.clusters.cloud import Cloud
    from sandbox.clusters.spec import ClusterSpec, NodePool

POOL_LABEL = "kubernetes.azure.com/agentpool"
NODES = "/api/v1/nodes"
LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"
MOST_PODS = 250


class Nodes:
    """The nodes of one cluster.

    Args:
        api: client of the cluster's API.
        spec: the cluster.
        cloud: where the numbers of nodes are noted.

    """

    def __init__(self, api: httpx.AsyncClient, spec: ClusterSpec, cloud: Cloud | None = None) -> None:
        self._api = api
        self._spec = spec
        self._cloud = cloud or NoCloud()

    async def names(self, pool: str) -> list[str]:
        """Return the names of a pool's nodes, the oldest first."""
        listed = await list_objects(self._api, NODES)
        return sorted(node["metadata"]["name"] for node in listed if label_of(node, POOL_LABEL) == pool)

    async def set_pools(self, pools: tuple[NodePool, ...]) -> None:
        """Add and remove nodes; a pool with autoscaling keeps its nodes within its limits."""
        listed = await list_objects(self._api, NODES)
        wanted = {pool.name for pool in pools}
        gone = [node["metadata"]["name"] for node in listed if label_of(node, POOL_LABEL) not in wanted]
        await asyncio.gather(*map(self.remove, gone))
        await asyncio.gather(*map(self._set_pool, pools))

    async def _set_pool(self, pool: NodePool) -> None:
        there = await self.names(pool.name)
        count = pool.count
        if pool.autoscaling and there:
            count = min(max(len(there), pool.min_count), pool.max_count)
        for _ in range(count - len(there)):
            await self.add(pool)
        for name in there[count:]:
            await self.remove(name)
        self._cloud.set_node_count(pool.name, count)

    async def add(self, pool: NodePool) -> None:
        """Add a node to a pool."""
        taken = set(await self.names(pool.name))
        numbers = (f"{number:06d}" for number in range(len(taken) + 1))
        names = (f"{_scale_set(self._spec, pool)}{number}" for number in numbers)
        name = next(name for name in names if name not in taken)
        await create(self._api, NODES, _node(self._spec, pool, name))
        await patch(self._api, f"{NODES}/{name}/status", {"status": _capacity(pool)})
        self._cloud.set_node_count(pool.name, len(taken) + 1)

    async def remove(self, name: str) -> None:
        """Remove a node and the pods on it at once, as if its machine were deallocated.

        Kubernetes would remove the lease by which its kubelet shows that it is alive only when its
        controllers run again. Meanwhile kwok would try to renew it for a new node of the same name, and play
        no pod there.
        """
        for pod in await list_objects(self._api, "/api/v1/pods", fields=f"spec.nodeName={name}"):
            metadata = pod["metadata"]
            path = f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}"
            await self._api.delete(path, params={"gracePeriodSeconds": "0"})
        await self._api.delete(f"{NODES}/{name}")
        await self._api.delete(f"{LEASES}/{name}")


def _scale_set(spec: ClusterSpec, pool: NodePool) -> str:
    """Return the name of a pool's scale set as AKS forms it: pool, a number of the cluster, `vmss`."""
    return f"aks-{pool.name}-{zlib.crc32(spec.fqdn.encode()) % 10**8:08d}-vmss"


def _node(spec: ClusterSpec, pool: NodePool, name: str) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "labels": {
                POOL_LABEL: pool.name,
                "agentpool": pool.name,
                "kubernetes.azure.com/mode": pool.mode.lower(),
                "kubernetes.azure.com/cluster": spec.name,
                "kubernetes.io/hostname": name,
                "kubernetes.io/os": "linux",
                "kubernetes.io/arch": "amd64",
                "node.kubernetes.io/instance-type": pool.vm_size,
                "topology.kubernetes.io/region": spec.location,
                "topology.disk.csi.azure.com/zone": "",
                **pool.labels,
            },
        },
        "spec": {
            "providerID": f"azure:///{name}",
            "taints": [_taint(taint) for taint in pool.taints],
        },
    }


def _taint(written: str) -> Object:
    """Return a taint that is written `key=value:Effect`."""
    pair, _, effect = written.rpartition(":")
    key, _, value = pair.partition("=")
    return {"key": key, "value": value, "effect": effect}


def _capacity(pool: NodePool) -> Object:
    size = VM_SIZES[pool.vm_size]
    millicores, memory = allocatable(size)
    return {
        "capacity": {
            "cpu": str(size.cores),
            "memory": f"{int(size.memory_gib * GIB) // 1024}Ki",
            "pods": str(MOST_PODS),
        },
        "allocatable": {
            "cpu": f"{millicores}m",
            "memory": f"{memory // MIB}Mi",
            "pods": str(MOST_PODS),
        },
        "nodeInfo": {
            "architecture": "amd64",
            "bootID": "",
            "containerRuntimeVersion": "containerd://2.0",
            "kernelVersion": "6.8.0-azure",
            "kubeProxyVersion": "",
            "kubeletVersion": KUBERNETES_VERSION,
            "machineID": "",
            "operatingSystem": "linux",
            "osImage": "Ubuntu 24.04 LTS",
            "systemUUID": "",
        },
    }
