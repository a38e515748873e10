"""The specification of a cluster, which Resource Manager passes on."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class NodePool:
    """A node pool.

    Attributes:
        name: its name in Azure.
        mode: "System" or "User".
        vm_size: a key of `VM_SIZES`.
        count: number of nodes at the start.
        min_count: least number of nodes for the autoscaler.
        max_count: greatest number of nodes for the autoscaler.
        autoscaling: whether the autoscaler is enabled.
        labels: of each node, besides those of AKS.
        taints: of each node, `key=value:Effect`.

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
        location: its region.
        kubernetes_version: the version that Azure shows; the programs have one version only.
        pools: its node pools.
        group: the resource group that it is in.

    """

    name: str
    fqdn: str
    location: str
    kubernetes_version: str
    pools: tuple[NodePool, ...]
    group: str = ""
