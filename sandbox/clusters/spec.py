"""What a cluster is made of, as Resource Manager asks for it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class NodePool:
    """A node pool.

    Attributes:
        name: its name in Azure.
        mode: "System" or "User".
        vm_size: a key of `sandbox.clusters.vm_sizes.VM_SIZES`.
        count: nodes to start with.
        min_count: fewest nodes of the autoscaler.
        max_count: most nodes of the autoscaler.
        autoscaling: whether nodes come and go with the pods.
        labels: put on each node, beside AKS's own.
        taints: as AKS writes them: `key=value:Effect`.

    """

    name: str
    mode: str
    vm_size: str
    count: int
    min_count: int
    max_count: int
    autoscaling: bool
    labels: dict[str, str] = field(default_factory=dict)
    taints: tuple[str, ...] = ()


@dataclass(frozen=True)
class ClusterSpec:
    """A cluster.

    Attributes:
        name: its name in Azure.
        fqdn: host name of its API.
        location: Azure region.
        kubernetes_version: what Azure says it runs; the programs are one version whatever that is.
        pools: its node pools.

    """

    name: str
    fqdn: str
    location: str
    kubernetes_version: str
    pools: tuple[NodePool, ...]
