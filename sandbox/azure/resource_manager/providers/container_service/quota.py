"""Core quotas: how many cores of a region clusters use, and whether more pools fit."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from sandbox.azure.resource_manager.providers.container_service import errors
from sandbox.clusters.vm_sizes import VM_SIZES, VmSize

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox.azure.resource_manager.core.ids import ResourceId
    from sandbox.azure.resource_manager.core.services import Services
    from sandbox.azure.resource_manager.core.state import State

MANAGED_CLUSTERS = "Microsoft.ContainerService/managedClusters"
AGENT_POOLS = f"{MANAGED_CLUSTERS}/agentPools"
_SIZES_BY_KEY = {name.lower(): size for name, size in VM_SIZES.items()}


def vm_size(name: str) -> VmSize | None:
    """Return the size with a name, in upper or lower case; None if there is none."""
    return _SIZES_BY_KEY.get(name.lower())


def cores(pools: Iterable[dict[str, Any]]) -> Counter[str]:
    """Return the cores of agent pools, given by their properties: VM family -> cores."""
    used: Counter[str] = Counter()
    for pool in pools:
        size = vm_size(str(pool.get("vmSize")))
        if size is not None:
            used[size.family] += size.cores * int(pool.get("count") or 0)
    return used


def cores_used(
    state: State, subscription: str, location: str, *, but: ResourceId | None = None
) -> Counter[str]:
    """Return the cores that running clusters, except one cluster or pool, use in a region, by VM family."""
    used: Counter[str] = Counter()
    for cluster in state.of_type(MANAGED_CLUSTERS, f"/subscriptions/{subscription}"):
        if cluster.location != location or cluster.properties["powerState"]["code"] == "Stopped":
            continue
        pools = state.of_type(AGENT_POOLS, str(cluster.id))
        kept = [pool for pool in pools if but is None or but.key not in {cluster.id.key, pool.id.key}]
        used += cores(pool.properties for pool in kept)
    return used


def check_quota(
    services: Services, changed: ResourceId, location: str, pools: Iterable[dict[str, Any]]
) -> None:
    """Check that pools fit in the quotas of the region and of their VM families.

    Args:
        services: the subscriptions, and the clusters that exist.
        changed: the cluster or pool that they are for, whose present cores do not count.
        location: the region.
        pools: their properties.

    Raises:
        ArmError: ErrCode_InsufficientVCPUQuota.

    """
    subscription = services.subscriptions.get(changed.subscription or "")
    used = cores_used(services.state, subscription.id, location, but=changed)
    wanted = cores(pools)
    for family, requested in wanted.items():
        left = subscription.family_core_limit(family) - used[family]
        if requested > left:
            raise errors.insufficient_family_quota(family, location, left, requested)
    left = subscription.core_limit - used.total()
    if wanted.total() > left:
        raise errors.insufficient_regional_quota(location, left, wanted.total())
