"""Reads the subscription's quota of cores: whether an upgrade has room for one more node.

An upgrade of a node pool adds a node before it drains one. On a quota that is used up, Azure cannot, and the
cluster fails in its maintenance window.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from deployer.azure.cluster_update import node_pools
from deployer.azure.managed_cluster import SYSTEM_POOL, USER_POOL

if TYPE_CHECKING:
    from deployer.azure.clients import AzureClients
    from deployer.azure.managed_cluster import Body
    from deployer.settings import Settings

USAGES_API = "2026-04-01"
SKUS_API = "2021-07-01"
REGIONAL = "cores"


@dataclass(frozen=True)
class VmSize:
    """A size of virtual machines: its cores, and the family whose quota they count for."""

    cores: int
    family: str


@dataclass(frozen=True)
class Usage:
    """How much of a quota is in use, in cores."""

    used: int
    limit: int


@dataclass(frozen=True)
class CoreQuota:
    """The quotas of a region, and the sizes of a hub's nodes.

    Attributes:
        usages: by the name of the quota: of the region (`cores`), and of each family.
        system: size of the system pool.
        user: size of the user pool.

    """

    usages: dict[str, Usage]
    system: VmSize
    user: VmSize

    def user_pool_surges(self, settings: Settings, found: Body | None) -> bool:
        """Return whether the largest hub leaves room for one more node of the user pool."""
        nodes = {SYSTEM_POOL: 1, USER_POOL: settings.aks_node_count_max + 1}
        return not self._exceeded(nodes, found)

    def system_pool_lacks(self, settings: Settings, found: Body | None) -> str | None:
        """Return what is missing for a second node of the system pool while the hub is at its smallest."""
        nodes = {SYSTEM_POOL: 2, USER_POOL: settings.aks_node_count}
        return next(iter(self._exceeded(nodes, found)), None)

    def _exceeded(self, nodes: dict[str, int], found: Body | None) -> list[str]:
        """Return what is missing of each quota that these nodes exceed, beside what others use."""
        lacking = []
        for quota in (REGIONAL, self.system.family, self.user.family):
            usage = self.usages.get(quota)
            if usage is None:
                continue
            others = max(usage.used - self._cores(_node_counts(found), quota), 0)
            wanted = others + self._cores(nodes, quota)
            if wanted > usage.limit:
                lacking.append(f"the quota {quota} is {usage.limit} cores, and {wanted} are needed")
        return lacking

    def _cores(self, nodes: dict[str, int], quota: str) -> int:
        """Return how many cores of a quota these nodes use."""
        sizes = {SYSTEM_POOL: self.system, USER_POOL: self.user}
        return sum(
            size.cores * nodes.get(pool, 0)
            for pool, size in sizes.items()
            if quota in (REGIONAL, size.family)
        )


async def read_core_quota(
    azure: AzureClients, settings: Settings, found: Body | None = None
) -> CoreQuota | None:
    """Return the quotas; None where Azure does not know one of the sizes.

    Args:
        azure: makes the requests.
        settings: of the hub.
        found: the cluster as Azure returned it, whose pools keep their sizes; None where there is none yet.

    Raises:
        HttpResponseError: Azure refuses, for example where the rights reach a resource group alone.

    """
    compute = f"/subscriptions/{azure.subscription}/providers/Microsoft.Compute"
    usages, skus = await asyncio.gather(
        azure.list_json(f"{compute}/locations/{settings.region}/usages", USAGES_API),
        azure.list_json(f"{compute}/skus", SKUS_API, {"$filter": f"location eq '{settings.region}'"}),
    )
    sizes = {sku["name"].casefold(): sku for sku in skus if sku.get("resourceType") == "virtualMachines"}
    wanted = {SYSTEM_POOL: settings.aks_system_node_vm_size, USER_POOL: settings.aks_node_vm_size}
    wanted |= {name: pool["vmSize"] for name, pool in _pools(found).items()}
    system, user = (_size(sizes.get(wanted[pool].casefold())) for pool in (SYSTEM_POOL, USER_POOL))
    if system is None or user is None:
        return None
    limits = {each["name"]["value"]: Usage(each["currentValue"], each["limit"]) for each in usages}
    return CoreQuota(limits, system, user)


def _size(sku: dict[str, Any] | None) -> VmSize | None:
    facts = {each["name"]: each["value"] for each in (sku or {}).get("capabilities", ())}
    if sku is None or "vCPUs" not in facts:
        return None
    return VmSize(int(facts["vCPUs"]), sku["family"])


def _node_counts(found: Body | None) -> dict[str, int]:
    return {name: pool.get("count") or 0 for name, pool in _pools(found).items()}


def _pools(found: Body | None) -> dict[str, Body]:
    return node_pools(found) if found else {}
