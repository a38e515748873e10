"""Managed clusters: judged, echoed with Azure's defaults, and run as real control planes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from sandbox.azure.resource_manager.core import errors
from sandbox.azure.resource_manager.core.ids import group_id
from sandbox.azure.resource_manager.core.operations import Operation, Reply, Telling, finished
from sandbox.azure.resource_manager.core.resource_types import ResourceType, Write
from sandbox.azure.resource_manager.core.state import Resource
from sandbox.azure.resource_manager.providers.container_service import defaults, refusals
from sandbox.azure.resource_manager.providers.container_service.pools import (
    cluster_spec,
    node_pools,
    pool_shown,
    pools_of,
    settle_pools,
    store_pool,
)
from sandbox.azure.resource_manager.providers.container_service.quota import MANAGED_CLUSTERS, check_quota
from sandbox.azure.resource_manager.providers.container_service.validation import (
    check_cluster,
    check_pools,
    check_unchanged,
)
from sandbox.azure.resource_manager.providers.container_service.versions import API_VERSIONS
from sandbox.azure.resource_manager.providers.managed_identity import attached_identities

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from sandbox.azure.resource_manager.core.backends import Cluster

BUSY = {
    "Creating": "create",
    "Updating": "update",
    "Deleting": "delete",
    "Stopping": "stop",
    "Starting": "start",
}
_FIXED = (
    "dnsPrefix",
    "nodeResourceGroup",
    "networkProfile.networkPlugin",
    "networkProfile.networkPluginMode",
    "networkProfile.serviceCidr",
    "networkProfile.podCidr",
    "networkProfile.loadBalancerSku",
)
_FIXED_OF_POOL = ("vmSize", "osType", "type", "osDiskType", "maxPods")


class ManagedClusters(ResourceType):
    """Managed clusters."""

    name = MANAGED_CLUSTERS
    api_versions = API_VERSIONS
    tracked = True

    def check(self, write: Write) -> None:
        """Judge a cluster, its pools, and whether anything else is going on with it."""
        if write.existing is not None:
            self.check_idle(write.existing)
            check_unchanged(write.existing.properties, write.properties, _FIXED)
            self._check_pools_stay(write, write.existing)
        check_cluster(write)
        attached_identities(self.kernel, write)
        pools = self._wanted_pools(write)
        check_pools(pools, write.location)
        check_quota(self.kernel, write.id, write.location, pools)

    def check_idle(self, cluster: Resource) -> None:
        """Insist that no other operation goes on, and that the cluster isn't stopped.

        Raises:
            ArmError: OperationNotAllowed.

        """
        self.check_not_busy(cluster)
        if cluster.properties["powerState"]["code"] == "Stopped":
            raise refusals.stopped(cluster.id.name)

    def check_not_busy(self, cluster: Resource) -> None:
        """Insist that no other operation goes on; raises OperationNotAllowed."""
        for resource in (cluster, *pools_of(self.state, cluster)):
            under_way = self.kernel.operations.under_way(resource)
            if under_way is not None:
                verb = BUSY.get(resource.provisioning_state, "update")
                raise refusals.in_progress(verb, under_way.id, under_way.started)

    async def put(self, write: Write) -> Operation:
        """Create the cluster with all its pools, or bring it to what is wanted now."""
        if write.existing is not None:
            return self._update(write, write.existing)
        cluster = self.state.store(Resource(write.id, self._document(write)))
        for pool in write.properties["agentPoolProfiles"]:
            store_pool(self.state, cluster, pool["name"], defaults.without_nulls(pool), "Creating")
        self._make_node_group(cluster)
        return self._begin(cluster, self._create(cluster), write.api_version, 201)

    async def delete(self, resource: Resource, api_version: str) -> Operation:
        """Delete the cluster and its node resource group."""
        self.check_not_busy(resource)
        resource.settle("Deleting")
        return self.kernel.operations.begin(
            self._delete(resource),
            Telling(),
            at=resource.id,
            location=resource.location,
            api_version=api_version,
            status=202,
            subject=resource,
        )

    async def unmake(self, resource: Resource) -> None:
        """End the control plane, and all that came with the cluster."""
        control_plane = self.control_plane(resource)
        if control_plane is not None:
            await control_plane.delete()
        self.backends.directory.remove((resource.document.get("identity") or {}).get("principalId", ""))
        self.backends.directory.remove(resource.internals.get("kubelet", ""))
        self.state.remove(group_id(resource.id.subscription or "", resource.properties["nodeResourceGroup"]))

    async def patch(self, write: Write) -> Operation:
        """Change the tags."""
        await super().patch(write)
        cluster = write.existing
        if cluster is None:
            raise errors.resource_not_found(write.id)
        return finished(Reply(200, self.show(cluster)), cluster)

    def show(self, resource: Resource) -> dict[str, Any]:
        """A cluster with its pools; this service writes "resourcegroups" in its ids."""
        shown = resource.shown()
        shown["id"] = str(resource.id).replace("/resourceGroups/", "/resourcegroups/")
        shown["eTag"] = resource.etag
        shown["properties"]["agentPoolProfiles"] = [
            pool_shown(pool) for pool in pools_of(self.state, resource)
        ]
        return shown

    def control_plane(self, cluster: Resource) -> Cluster | None:
        """What runs behind a cluster, once it does."""
        return self.backends.clusters.get(cluster.properties["fqdn"])

    def power(self, cluster: Resource, *, on: bool, api_version: str) -> Operation:
        """Start or stop the cluster."""
        self.check_not_busy(cluster)
        cluster.properties["provisioningState"] = "Starting" if on else "Stopping"
        return self._begin(cluster, self._power(cluster, on=on), api_version, 202)

    def _begin(
        self, cluster: Resource, work: Coroutine[Any, Any, None], api_version: str, status: int
    ) -> Operation:
        return self.kernel.operations.begin(
            work,
            Telling(),
            at=cluster.id,
            location=cluster.location,
            api_version=api_version,
            status=status,
            body=self.show(cluster),
            resource=cluster,
        )

    def _update(self, write: Write, cluster: Resource) -> Operation:
        if "tags" in write.body:
            cluster.document["tags"] = dict(write.body["tags"] or {})
        if write.body.get("sku"):
            cluster.document["sku"] = dict(write.body["sku"])
        before = node_pools(self.state, cluster)
        _merge(cluster.properties, defaults.without_nulls(write.properties))
        cluster.settle("Updating")
        for pool in write.properties.get("agentPoolProfiles") or []:
            store_pool(self.state, cluster, pool["name"], defaults.without_nulls(pool), "Updating")
        changed = node_pools(self.state, cluster) != before
        return self._begin(cluster, self._bring_up_to_date(cluster, pools=changed), write.api_version, 200)

    async def _create(self, cluster: Resource) -> None:
        try:
            spec = cluster_spec(self.state, cluster)
            await asyncio.gather(
                self.backends.clusters.create(spec), self.backends.clock.spend("managed_cluster.create")
            )
        except BaseException:
            settle_pools(self.state, cluster, "Failed")
            raise
        settle_pools(self.state, cluster, "Succeeded")

    async def _bring_up_to_date(self, cluster: Resource, *, pools: bool) -> None:
        control_plane = self.control_plane(cluster)
        if pools and control_plane is not None:
            await control_plane.set_pools(node_pools(self.state, cluster))
        await self.backends.clock.spend("managed_cluster.update")
        settle_pools(self.state, cluster, "Succeeded")

    async def _delete(self, cluster: Resource) -> None:
        await self.backends.clock.spend("managed_cluster.delete")
        await self.unmake(cluster)
        self.state.remove(cluster.id)

    async def _power(self, cluster: Resource, *, on: bool) -> None:
        control_plane = self.control_plane(cluster)
        await self.backends.clock.spend(f"managed_cluster.{'start' if on else 'stop'}")
        if control_plane is not None:
            await (control_plane.start() if on else control_plane.stop())
        cluster.properties["powerState"] = {"code": "Running" if on else "Stopped"}
        settle_pools(self.state, cluster, "Succeeded")

    def _wanted_pools(self, write: Write) -> list[dict[str, Any]]:
        """The pools as they will be: the body's over those that exist."""
        existing = pools_of(self.state, write.existing) if write.existing else []
        pools = {pool.id.name: {**pool.shown()["properties"], "name": pool.id.name} for pool in existing}
        for asked in defaults.without_nulls(write.properties.get("agentPoolProfiles") or []):
            before = pools.get(asked.get("name"), {"count": 1, "mode": "User"})
            pools[asked.get("name")] = {**before, **asked}
        return list(pools.values())

    def _check_pools_stay(self, write: Write, cluster: Resource) -> None:
        """Pools are removed by their own DELETE, and keep what can't change."""
        asked = {pool.get("name"): pool for pool in write.properties.get("agentPoolProfiles") or []}
        for pool in pools_of(self.state, cluster):
            if asked and pool.id.name not in asked:
                message = f"Agent pool '{pool.id.name}' is missing; delete it by its own request."
                raise refusals.invalid_parameter("agentPoolProfiles", message)
            check_unchanged(pool.properties, asked.get(pool.id.name, {}), _FIXED_OF_POOL)

    def _document(self, write: Write) -> dict[str, Any]:
        properties = defaults.cluster_properties(write)
        sku = {"name": "Base", "tier": "Free", **defaults.without_nulls(write.body.get("sku") or {})}
        return {
            "location": write.location,
            "tags": dict(write.body.get("tags") or {}),
            "sku": sku,
            "identity": self._identity(write),
            "properties": properties,
        }

    def _identity(self, write: Write) -> dict[str, Any]:
        """The cluster's own principal, made with it, or the identities it was given."""
        attached = attached_identities(self.kernel, write)
        if attached:
            return {"type": "UserAssigned", "userAssignedIdentities": attached}
        principal = self.backends.directory.add_managed_identity(write.id.name)
        return {"type": "SystemAssigned", "principalId": principal.object_id, "tenantId": principal.tenant_id}

    def _make_node_group(self, cluster: Resource) -> None:
        """The group of the nodes, with the kubelets' identity in it."""
        node_group = group_id(cluster.id.subscription or "", cluster.properties["nodeResourceGroup"])
        document = {
            "location": cluster.location,
            "tags": {"aks-managed-cluster-name": cluster.id.name, "aks-managed-cluster-rg": cluster.id.group},
            "managedBy": str(cluster.id),
            "properties": {"provisioningState": "Succeeded"},
        }
        self.state.store(Resource(node_group, document))
        principal = self.backends.directory.add_managed_identity(f"{cluster.id.name}-agentpool")
        cluster.internals["kubelet"] = principal.object_id
        identity = f"{node_group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{principal.name}"
        kubelet = {"resourceId": identity, "clientId": principal.client_id, "objectId": principal.object_id}
        cluster.properties["identityProfile"] = {"kubeletidentity": kubelet}


def _merge(properties: dict[str, Any], changes: dict[str, Any]) -> None:
    """Put what a PUT says over what a cluster has, group by group; pools and read-only facts apart."""
    for key, value in changes.items():
        if key in {
            "agentPoolProfiles",
            "provisioningState",
            "powerState",
            "fqdn",
            "currentKubernetesVersion",
        }:
            continue
        if isinstance(value, dict) and isinstance(properties.get(key), dict):
            _merge(properties[key], value)
        else:
            properties[key] = value
