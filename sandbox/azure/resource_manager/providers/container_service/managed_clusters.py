"""Managed clusters: validated, shown with Azure's defaults, and run as real control planes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from sandbox.azure.resource_manager.core.errors import resource_not_found
from sandbox.azure.resource_manager.core.operations import Operation, PollingStyle, Reply, finished
from sandbox.azure.resource_manager.core.resource_types import PutRequest, ResourceType
from sandbox.azure.resource_manager.core.state import Resource
from sandbox.azure.resource_manager.providers.container_service import defaults, errors
from sandbox.azure.resource_manager.providers.container_service.api_access import (
    authorised_ranges,
    check_authorised_ranges,
)
from sandbox.azure.resource_manager.providers.container_service.node_group import NodeGroup
from sandbox.azure.resource_manager.providers.container_service.pools import (
    cluster_spec,
    merged_pool,
    node_pools,
    pool_shown,
    pools_of,
    settle_pools,
    store_pool,
)
from sandbox.azure.resource_manager.providers.container_service.quota import MANAGED_CLUSTERS, check_quota
from sandbox.azure.resource_manager.providers.container_service.validation import (
    check_cluster,
    check_pool_version,
    check_pool_versions,
    check_pools,
    check_unchanged,
)
from sandbox.azure.resource_manager.providers.container_service.versions import API_VERSIONS, resolved
from sandbox.azure.resource_manager.providers.managed_identity import attached_identities

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from sandbox.azure.resource_manager.core.catalog import Catalog
    from sandbox.azure.resource_manager.core.services import Services
    from sandbox.clusters.cluster import Cluster

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
    """Managed clusters.

    Args:
        services: what the type works with.
        catalog: where attached identities are looked up.

    """

    name = MANAGED_CLUSTERS
    api_versions = API_VERSIONS
    tracked = True

    def __init__(self, services: Services, catalog: Catalog) -> None:
        super().__init__(services)
        self._catalog = catalog

    def check(self, request: PutRequest) -> None:
        """Validate the cluster and its pools, and that no other operation runs on it."""
        if request.existing is not None:
            self.check_idle(request.existing)
            check_unchanged(request.existing.properties, request.properties, _FIXED)
            self._check_pools_stay(request, request.existing)
        check_cluster(request)
        if request.existing is not None:
            pools_there = pools_of(self.state, request.existing)
            check_pool_versions(request, request.existing, pools_there, _version_after(request))
        check_authorised_ranges(request.properties)
        attached_identities(self.services, self._catalog, request)
        pools = self._wanted_pools(request)
        check_pools(pools, request.location)
        for pool in pools:
            check_pool_version(pool, _version_after(request))
        check_quota(self.services, request.id, request.location, pools)

    def check_idle(self, cluster: Resource) -> None:
        """Check that no other operation runs on a cluster, and that it is not stopped.

        Raises:
            ArmError: OperationNotAllowed.

        """
        self.check_not_busy(cluster)
        if cluster.properties["powerState"]["code"] == "Stopped":
            raise errors.stopped(cluster.id.name)

    def check_not_busy(self, cluster: Resource) -> None:
        """Check that no other operation runs on a cluster; raises OperationNotAllowed."""
        for resource in (cluster, *pools_of(self.state, cluster)):
            under_way = self.services.operations.under_way(resource)
            if under_way is not None:
                verb = BUSY.get(resource.provisioning_state, "update")
                raise errors.in_progress(verb, under_way.id, under_way.started)

    async def put(self, request: PutRequest) -> Operation:
        """Create the cluster with its pools, or change it."""
        if request.existing is not None:
            return self._update(request, request.existing)
        cluster = self.state.store(Resource(request.id, self._document(request)))
        for pool in request.properties["agentPoolProfiles"]:
            store_pool(self.state, cluster, pool["name"], defaults.without_nulls(pool), "Creating")
        self._add_kubelet_identity(cluster)
        return self._begin(cluster, self._create(cluster), request.api_version, 201)

    async def delete(self, resource: Resource, api_version: str) -> Operation:
        """Delete the cluster and its node resource group."""
        self.check_not_busy(resource)
        resource.settle("Deleting")
        return self.services.operations.begin(
            self._delete(resource),
            PollingStyle(),
            at=resource.id,
            location=resource.location,
            api_version=api_version,
            status=202,
            subject=resource,
        )

    async def deprovision(self, resource: Resource) -> None:
        """Delete the control plane, the identities and the node resource group."""
        control_plane = self.control_plane(resource)
        if control_plane is not None:
            await control_plane.delete()
        self.services.directory.remove((resource.document.get("identity") or {}).get("principalId", ""))
        self.services.directory.remove(resource.internals.get("kubelet", ""))
        self.state.remove(self.node_group(resource).id)

    async def patch(self, request: PutRequest) -> Operation:
        """Change the tags."""
        await super().patch(request)
        cluster = request.existing
        if cluster is None:
            raise resource_not_found(request.id)
        return finished(Reply(200, self.show(cluster)), cluster)

    def show(self, resource: Resource) -> dict[str, Any]:
        """Return a cluster with its pools; this service writes "resourcegroups" in its ids."""
        shown = resource.shown()
        shown["id"] = str(resource.id).replace("/resourceGroups/", "/resourcegroups/")
        shown["eTag"] = resource.etag
        shown["properties"]["agentPoolProfiles"] = [
            pool_shown(pool) for pool in pools_of(self.state, resource)
        ]
        return shown

    def pools(self, cluster: Resource) -> list[Resource]:
        """Return the agent pools of a cluster."""
        return pools_of(self.state, cluster)

    def control_plane(self, cluster: Resource) -> Cluster | None:
        """Return the control plane of a cluster, None until it is created."""
        return self.services.clusters.get(cluster.properties["fqdn"])

    def power(self, cluster: Resource, *, on: bool, api_version: str) -> Operation:
        """Start or stop the cluster."""
        self.check_not_busy(cluster)
        power = cluster.properties["powerState"]["code"]
        if (power == "Running") is on:
            raise errors.already_in_state(cluster.provisioning_state, power, starting=on)
        cluster.properties["provisioningState"] = "Starting" if on else "Stopping"
        return self._begin(cluster, self._power(cluster, on=on), api_version, 202)

    def _begin(
        self, cluster: Resource, work: Coroutine[Any, Any, None], api_version: str, status: int
    ) -> Operation:
        return self.services.operations.begin(
            work,
            PollingStyle(),
            at=cluster.id,
            location=cluster.location,
            api_version=api_version,
            status=status,
            body=self.show(cluster),
            resource=cluster,
        )

    def _update(self, request: PutRequest, cluster: Resource) -> Operation:
        if "tags" in request.body:
            cluster.document["tags"] = dict(request.body["tags"] or {})
        if request.body.get("sku"):
            cluster.document["sku"] = dict(request.body["sku"])
        before = node_pools(self.state, cluster)
        cluster.properties["currentKubernetesVersion"] = _version_after(request)
        _merge(cluster.properties, defaults.without_nulls(request.properties))
        cluster.settle("Updating")
        for pool in request.properties.get("agentPoolProfiles") or []:
            store_pool(self.state, cluster, pool["name"], defaults.without_nulls(pool), "Updating")
        changed = node_pools(self.state, cluster) != before
        return self._begin(cluster, self._bring_up_to_date(cluster, pools=changed), request.api_version, 200)

    async def _create(self, cluster: Resource) -> None:
        node_group = self.node_group(cluster)
        try:
            node_group.create()
            spec = cluster_spec(self.state, cluster)
            await asyncio.gather(
                self.services.clusters.create(spec, node_group),
                self.services.clock.spend("managed_cluster.create"),
            )
            self._authorise(cluster, at_once=True)
        except BaseException:
            settle_pools(self.state, cluster, "Failed")
            raise
        settle_pools(self.state, cluster, "Succeeded")

    async def _bring_up_to_date(self, cluster: Resource, *, pools: bool) -> None:
        control_plane = self.control_plane(cluster)
        try:
            self.node_group(cluster).create()
            if control_plane is None:
                # An earlier request failed before there was one.
                await self.services.clusters.create(
                    cluster_spec(self.state, cluster), self.node_group(cluster)
                )
            elif pools:
                await control_plane.set_pools(node_pools(self.state, cluster))
            await self.services.clock.spend("managed_cluster.update")
            self._authorise(cluster, at_once=control_plane is None)
        except BaseException:
            settle_pools(self.state, cluster, "Failed")
            raise
        settle_pools(self.state, cluster, "Succeeded")

    def _authorise(self, cluster: Resource, *, at_once: bool) -> None:
        control_plane = self.control_plane(cluster)
        if control_plane is not None:
            control_plane.authorise(authorised_ranges(cluster.properties), at_once=at_once)

    async def _delete(self, cluster: Resource) -> None:
        await self.services.clock.spend("managed_cluster.delete")
        await self.deprovision(cluster)
        self.state.remove(cluster.id)

    async def _power(self, cluster: Resource, *, on: bool) -> None:
        control_plane = self.control_plane(cluster)
        await self.services.clock.spend(f"managed_cluster.{'start' if on else 'stop'}")
        if control_plane is not None:
            await (control_plane.start() if on else control_plane.stop())
        cluster.properties["powerState"] = {"code": "Running" if on else "Stopped"}
        settle_pools(self.state, cluster, "Succeeded")

    def _wanted_pools(self, request: PutRequest) -> list[dict[str, Any]]:
        """Return the properties of all pools: those of the body, merged into existing ones."""
        existing = pools_of(self.state, request.existing) if request.existing else []
        pools = {pool.id.name: {**pool.shown()["properties"], "name": pool.id.name} for pool in existing}
        for asked in defaults.without_nulls(request.properties.get("agentPoolProfiles") or []):
            before = pools.get(asked.get("name"), {"count": 1, "mode": "User"})
            pools[asked.get("name")] = merged_pool(before, asked)
        return list(pools.values())

    def _check_pools_stay(self, request: PutRequest, cluster: Resource) -> None:
        """Check that no pool is new or missing (pools have own requests), and none changes a fixed property.

        A pool that was deleted is new, too (Azure/bicep issue 9644).
        """
        asked = {pool.get("name"): pool for pool in request.properties.get("agentPoolProfiles") or []}
        existing = pools_of(self.state, cluster)
        if asked.keys() - {pool.id.name for pool in existing}:
            raise errors.new_pool_refused()
        for pool in existing:
            if asked and pool.id.name not in asked:
                message = f"Agent pool '{pool.id.name}' is missing; delete it by its own request."
                raise errors.invalid_parameter("agentPoolProfiles", message)
            check_unchanged(pool.properties, asked.get(pool.id.name, {}), _FIXED_OF_POOL)

    def _document(self, request: PutRequest) -> dict[str, Any]:
        properties = defaults.cluster_properties(request)
        sku = {"name": "Base", "tier": "Free", **defaults.without_nulls(request.body.get("sku") or {})}
        return {
            "location": request.location,
            "tags": dict(request.body.get("tags") or {}),
            "sku": sku,
            "identity": self._identity(request),
            "properties": properties,
        }

    def _identity(self, request: PutRequest) -> dict[str, Any]:
        """Return the attached identities, or a new system-assigned one."""
        attached = attached_identities(self.services, self._catalog, request)
        if attached:
            return {"type": "UserAssigned", "userAssignedIdentities": attached}
        principal = self.services.directory.add_managed_identity(request.id.name)
        return {"type": "SystemAssigned", "principalId": principal.object_id, "tenantId": principal.tenant_id}

    def node_group(self, cluster: Resource) -> NodeGroup:
        """Return the node resource group of a cluster."""
        return NodeGroup(self.services, cluster)

    def _add_kubelet_identity(self, cluster: Resource) -> None:
        """Create the identity of the kubelets."""
        node_group = self.node_group(cluster).id
        principal = self.services.directory.add_managed_identity(f"{cluster.id.name}-agentpool")
        cluster.internals["kubelet"] = principal.object_id
        identity = f"{node_group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{principal.name}"
        kubelet = {"resourceId": identity, "clientId": principal.client_id, "objectId": principal.object_id}
        cluster.properties["identityProfile"] = {"kubeletidentity": kubelet}


def _version_after(request: PutRequest) -> str:
    """Return the version of the control plane after a request; each patch meets a minor version."""
    asked = request.properties.get("kubernetesVersion")
    current = request.existing.properties["currentKubernetesVersion"] if request.existing else None
    if current and (not asked or current.startswith(f"{asked}.")):
        return str(current)
    return str(resolved(asked))


def _merge(properties: dict[str, Any], changes: dict[str, Any]) -> None:
    """Merge changes into the properties of a cluster, without pools and read-only properties."""
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
