"""The node resource group: scale sets, load balancer, addresses and disks that a cluster has in Azure.

They are resources as any others: policies apply to them, locks protect them, quotas count them. The tags of
the cluster reach the group, its load balancer and the outbound address; those of a pool reach its scale set;
a Service and a claim bring their own.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

from sandbox.azure.resource_manager.core.errors import ArmError
from sandbox.azure.resource_manager.core.ids import ResourceId, group_id
from sandbox.azure.resource_manager.core.state import Resource
from sandbox.azure.resource_manager.providers.container_service import errors
from sandbox.azure.resource_manager.providers.container_service.pools import pools_of
from sandbox.azure.resource_manager.providers.network import check_address_quota
from sandbox.clusters.cloud import CloudRefusalError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.azure.resource_manager.core.services import Services

SCALE_SETS = ("Microsoft.Compute", "virtualMachineScaleSets")
DISKS = ("Microsoft.Compute", "disks")
ADDRESSES = ("Microsoft.Network", "publicIPAddresses")
LOAD_BALANCERS = ("Microsoft.Network", "loadBalancers")
SECURITY_GROUPS = ("Microsoft.Network", "networkSecurityGroups")
NETWORKS = ("Microsoft.Network", "virtualNetworks")


class NodeGroup:
    """The node resource group of one cluster; the cloud of its controllers.

    Args:
        services: state, policies and locks.
        cluster: the cluster.

    """

    def __init__(self, services: Services, cluster: Resource) -> None:
        self._services = services
        self._cluster = cluster
        self.id = group_id(cluster.id.subscription or "", cluster.properties["nodeResourceGroup"])

    def create(self) -> None:
        """Create the group and what every cluster has in it.

        Raises:
            ArmError: a policy forbids it, in the words of the Kubernetes service.

        """
        number = f"{zlib.crc32(self._cluster.id.key.encode()) % 10**8:08d}"
        try:
            self._create_group()
            tags = self._cluster.tags
            self._put(NETWORKS, f"aks-vnet-{number}", tags)
            self._put(SECURITY_GROUPS, f"aks-agentpool-{number}-nsg", tags)
            self._put(ADDRESSES, f"{zlib.crc32(number.encode()):08x}-outbound", tags, sku="Standard")
            self._put(LOAD_BALANCERS, "kubernetes", tags, sku="Standard")
        except ArmError as refusal:
            raise errors.group_not_reconciled(refusal) from None
        self.set_pools()

    def set_pools(self) -> None:
        """Create and update the scale sets of the pools; delete those of removed pools.

        Raises:
            ArmError: a policy forbids it, in the words of the Kubernetes service.

        """
        wanted = {
            self._scale_set(pool.id.name): pool for pool in pools_of(self._services.state, self._cluster)
        }
        for existing in self._services.state.of_type("/".join(SCALE_SETS), str(self.id)):
            if existing.id.name not in wanted:
                self._services.state.remove(existing.id)
        for name, pool in wanted.items():
            tags = {**(pool.properties.get("tags") or {}), "aks-managed-poolName": pool.id.name}
            try:
                self._put(SCALE_SETS, name, tags, sku=pool.properties["vmSize"])
            except ArmError as refusal:
                raise errors.scale_set_not_created(refusal) from None

    def set_node_count(self, pool: str, count: int) -> None:
        """Show how many nodes a pool has, which the autoscaler changes."""
        found = self._services.state.get(self._cluster.id.child("agentPools", pool))
        if found is not None:
            found.properties["count"] = count

    def create_address(self, name: str, tags: Mapping[str, str]) -> None:
        """Create a public address, or set the tags of one."""
        self._create(ADDRESSES, name, tags, "Standard")

    def delete_address(self, name: str) -> None:
        """Delete a public address."""
        self._services.state.remove(self._resource(ADDRESSES, name))

    def create_disk(self, name: str, tags: Mapping[str, str]) -> None:
        """Create a disk."""
        self._create(DISKS, name, tags, "StandardSSD_LRS")

    def delete_disk(self, name: str) -> None:
        """Delete a disk."""
        self._services.state.remove(self._resource(DISKS, name))

    def _create(self, kind: tuple[str, str], name: str, tags: Mapping[str, str], sku: str) -> None:
        try:
            self._put(kind, name, tags, sku=sku)
        except ArmError as refusal:
            raise CloudRefusalError(refusal.code, refusal.message) from None

    def _create_group(self) -> None:
        managed = {
            "aks-managed-cluster-name": self._cluster.id.name,
            "aks-managed-cluster-rg": self._cluster.id.group or "",
        }
        body = {"location": self._cluster.location, "tags": {**self._cluster.tags, **managed}}
        body = self._services.policies.apply(self.id, body, indexed=False)
        properties = {"provisioningState": "Succeeded"}
        self._services.state.store(
            Resource(self.id, {**body, "managedBy": str(self._cluster.id), "properties": properties})
        )

    def _put(self, kind: tuple[str, str], name: str, tags: Mapping[str, str], sku: str | None = None) -> None:
        resource_id = self._resource(kind, name)
        existing = self._services.state.get(resource_id)
        if existing is not None and all(existing.tags.get(key) == value for key, value in tags.items()):
            return
        self._services.locks.check(str(resource_id), "write")
        body: dict[str, Any] = {
            "location": self._cluster.location,
            "tags": {**(existing.tags if existing else {}), **tags},
        }
        if sku:
            body["sku"] = {"name": sku}
        # Resource Manager judges policies before the provider, which knows of quotas, is asked.
        body = self._services.policies.apply(resource_id, body, indexed=True)
        if existing is None and kind == ADDRESSES:
            check_address_quota(self._services, resource_id, self._cluster.location)
        self._services.state.store(
            Resource(resource_id, {**body, "properties": {"provisioningState": "Succeeded"}})
        )

    def _resource(self, kind: tuple[str, str], name: str) -> ResourceId:
        namespace, type_name = kind
        return ResourceId(str(self.id), namespace, (type_name,), (name,))

    def _scale_set(self, pool: str) -> str:
        number = zlib.crc32(self._cluster.properties["fqdn"].encode()) % 10**8
        return f"aks-{pool}-{number:08d}-vmss"
