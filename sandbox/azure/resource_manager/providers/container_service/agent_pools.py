"""Agent pools of a cluster, created, changed and deleted by requests of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.azure.resource_manager.core.operations import Operation, PollingStyle
from sandbox.azure.resource_manager.core.resource_types import PutRequest, ResourceType
from sandbox.azure.resource_manager.providers.container_service import defaults, errors
from sandbox.azure.resource_manager.providers.container_service.pools import (
    merged_pool,
    node_pools,
    pool_shown,
    pools_of,
    store_pool,
)
from sandbox.azure.resource_manager.providers.container_service.quota import AGENT_POOLS, check_quota
from sandbox.azure.resource_manager.providers.container_service.validation import (
    check_pool,
    check_pool_version,
    check_unchanged,
)
from sandbox.azure.resource_manager.providers.container_service.versions import API_VERSIONS

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from sandbox.azure.resource_manager.core.catalog import Catalog
    from sandbox.azure.resource_manager.core.ids import ResourceId
    from sandbox.azure.resource_manager.core.services import Services
    from sandbox.azure.resource_manager.core.state import Resource
    from sandbox.azure.resource_manager.providers.container_service.managed_clusters import ManagedClusters


class AgentPools(ResourceType):
    """Agent pools of clusters.

    Args:
        services: what the type works with.
        catalog: where clusters are looked up.
        clusters: their type.

    """

    name = AGENT_POOLS
    api_versions = API_VERSIONS

    def __init__(self, services: Services, catalog: Catalog, clusters: ManagedClusters) -> None:
        super().__init__(services)
        self._catalog = catalog
        self._clusters = clusters

    def check(self, request: PutRequest) -> None:
        """Validate the pool, and that no other operation runs on its cluster."""
        cluster = self._cluster(request.id)
        self._clusters.check_idle(cluster)
        before = request.existing.properties if request.existing else {"count": 1, "mode": "User"}
        wanted = merged_pool(before, defaults.without_nulls(request.properties))
        check_pool(request.id.name, wanted, cluster.location)
        check_pool_version(wanted, cluster.properties["currentKubernetesVersion"])
        if request.existing is not None:
            check_unchanged(request.existing.properties, request.properties, ("vmSize", "osType", "type"))
        check_quota(self.services, request.id, cluster.location, [wanted])

    async def put(self, request: PutRequest) -> Operation:
        """Create or change the pool."""
        cluster = self._cluster(request.id)
        state = "Creating" if request.existing is None else "Updating"
        pool = store_pool(
            self.state, cluster, request.id.name, defaults.without_nulls(request.properties), state
        )
        status = 201 if request.existing is None else 200
        return self._begin(pool, cluster, self._apply(cluster), request.api_version, status)

    async def delete(self, resource: Resource, api_version: str) -> Operation:
        """Delete the pool; a cluster keeps its last system pool."""
        cluster = self._cluster(resource.id)
        self._clusters.check_idle(cluster)
        others = [pool for pool in pools_of(self.state, cluster) if pool is not resource]
        if not any(pool.properties["mode"] == "System" for pool in others):
            raise errors.last_system_pool()
        resource.settle("Deleting")
        return self._begin(resource, cluster, self._remove(cluster, resource), api_version, 202)

    def show(self, resource: Resource) -> dict[str, Any]:
        """Return a pool; this service writes "resourcegroups" in its ids."""
        shown = resource.shown()
        shown["id"] = str(resource.id).replace("/resourceGroups/", "/resourcegroups/")
        shown["properties"] = {key: value for key, value in pool_shown(resource).items() if key != "name"}
        return shown

    def _begin(
        self,
        pool: Resource,
        cluster: Resource,
        work: Coroutine[Any, Any, None],
        api_version: str,
        status: int,
    ) -> Operation:
        deleted = pool.provisioning_state == "Deleting"
        return self.services.operations.begin(
            work,
            PollingStyle(),
            at=pool.id,
            location=cluster.location,
            api_version=api_version,
            status=status,
            body=None if deleted else self.show(pool),
            resource=None if deleted else pool,
            subject=pool,
        )

    async def _apply(self, cluster: Resource) -> None:
        await self._set_pools(cluster)
        await self.services.clock.spend("managed_cluster.update")

    async def _remove(self, cluster: Resource, pool: Resource) -> None:
        await self.services.clock.spend("managed_cluster.update")
        self.state.remove(pool.id)
        await self._set_pools(cluster)

    async def _set_pools(self, cluster: Resource) -> None:
        self._clusters.node_group(cluster).set_pools()
        control_plane = self._clusters.control_plane(cluster)
        if control_plane is not None:
            await control_plane.set_pools(node_pools(self.state, cluster))

    def _cluster(self, pool: ResourceId) -> Resource:
        return self._catalog.existing(str(pool.parent))
