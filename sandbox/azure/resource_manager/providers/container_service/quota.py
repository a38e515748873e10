"""Core quotas: what the clusters use of a region's, and whether what is wanted still fits."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from sandbox.azure.resource_manager.providers.container_service import refusals
from sandbox.azure.vm_sizes import VM_SIZES, VmSize

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox.azure.resource_manager.core.ids import ResourceId
    from sandbox.azure.resource_manager.core.kernel import Kernel

MANAGED_CLUSTERS = "Microsoft.ContainerService/managedClusters"
AGENT_POOLS = f"{MANAGED_CLUSTERS}/agentPools"


_SIZES_BY_KEY = {name.lower(): size for name, size in VM_SIZES.items()}


def vm_size(name: str) -> VmSize | None:
    """The size with this name; Azure compares names without case."""
    return _SIZES_BY_KEY.get(name.lower())


def cores(pools: Iterable[dict[str, Any]]) -> Counter[str]:
    """The cores of agent pools (their properties) by family."""
    used: Counter[str] = Counter()
    for pool in pools:
        size = vm_size(str(pool.get("vmSize")))
        if size is not None:
            used[size.family] += size.cores * int(pool.get("count") or 0)
    return used


def cores_used(
    kernel: Kernel, subscription: str, location: str, *, but: ResourceId | None = None
) -> Counter[str]:
    """The cores that running clusters hold in a region, by family; `but` leaves out one cluster or pool."""
    used: Counter[str] = Counter()
    for cluster in kernel.state.of_type(MANAGED_CLUSTERS, f"/subscriptions/{subscription}"):
        if cluster.location != location or cluster.properties["powerState"]["code"] == "Stopped":
            continue
        pools = kernel.state.of_type(AGENT_POOLS, str(cluster.id))
        kept = [pool for pool in pools if but is None or but.key not in {cluster.id.key, pool.id.key}]
        used += cores(pool.properties for pool in kept)
    return used


def check_quota(kernel: Kernel, changed: ResourceId, location: str, pools: Iterable[dict[str, Any]]) -> None:
    """Insist that pools fit in what the region and their families have left.

    Args:
        kernel: where the limits and the clusters are.
        changed: the cluster or pool they are for; what it has now is given back first.
        location: the region.
        pools: their properties.

    Raises:
        ArmError: ErrCode_InsufficientVCPUQuota.

    """
    subscription = kernel.subscription(changed.subscription or "")
    used = cores_used(kernel, subscription.id, location, but=changed)
    wanted = cores(pools)
    for family, requested in wanted.items():
        left = subscription.family_core_limit(family) - used[family]
        if requested > left:
            raise refusals.insufficient_family_quota(family, location, left, requested)
    left = subscription.core_limit - used.total()
    if wanted.total() > left:
        raise refusals.insufficient_regional_quota(location, left, wanted.total())
