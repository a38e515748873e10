"""Microsoft.ContainerService: credentials, start and stop of clusters, and the versions of Kubernetes."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from sandbox.azure.resource_manager.core.actions import SUBSCRIPTION_PATH, Action, ActionRequest
from sandbox.azure.resource_manager.core.resource_types import Provider
from sandbox.azure.resource_manager.providers.container_service import errors
from sandbox.azure.resource_manager.providers.container_service.agent_pools import AgentPools
from sandbox.azure.resource_manager.providers.container_service.maintenance import (
    MaintenanceConfigurations,
)
from sandbox.azure.resource_manager.providers.container_service.managed_clusters import ManagedClusters
from sandbox.azure.resource_manager.providers.container_service.quota import MANAGED_CLUSTERS
from sandbox.azure.resource_manager.providers.container_service.versions import (
    API_VERSIONS,
    DEFAULT_MINOR,
    KUBERNETES_VERSIONS,
    is_preview,
    support_plans,
    upgrades_from,
)

if TYPE_CHECKING:
    from sandbox.azure.resource_manager.core.catalog import Catalog
    from sandbox.azure.resource_manager.core.operations import Operation
    from sandbox.azure.resource_manager.core.services import Services

_CREDENTIALS = {"listClusterUserCredential": "clusterUser", "listClusterAdminCredential": "clusterAdmin"}


class ClusterActions:
    """Actions on clusters, and the list of versions.

    Args:
        catalog: where clusters are looked up.
        clusters: their type.

    """

    def __init__(self, catalog: Catalog, clusters: ManagedClusters) -> None:
        self._catalog = catalog
        self._clusters = clusters

    def actions(self) -> tuple[Action, ...]:
        """Return the actions, to be installed."""
        cluster = f"{{scope}}/providers/{MANAGED_CLUSTERS}/{{cluster}}"
        listed = "Microsoft.ContainerService/locations/{location}/kubernetesVersions"
        versions = f"{SUBSCRIPTION_PATH}/providers/{listed}"
        read = "Microsoft.ContainerService/locations/kubernetesVersions/read"
        runs = {**dict.fromkeys(_CREDENTIALS, self.credentials), "start": self.start, "stop": self.stop}
        on_cluster = (
            Action(
                "POST", f"{cluster}/{verb}", f"{MANAGED_CLUSTERS}/{verb}/action", cluster, run, API_VERSIONS
            )
            for verb, run in runs.items()
        )
        profile = f"{cluster}/upgradeProfiles/default"
        read_profile = f"{MANAGED_CLUSTERS}/upgradeProfiles/read"
        return (
            *on_cluster,
            Action("GET", profile, read_profile, cluster, self.upgrade_profile, API_VERSIONS),
            Action("GET", versions, read, SUBSCRIPTION_PATH, self.versions, API_VERSIONS),
        )

    async def credentials(self, request: ActionRequest) -> dict[str, Any]:
        """Return a kubeconfig, for `POST …/listClusterUserCredential` and `…Admin…`."""
        path, _, verb = request.path.rpartition("/")
        cluster = self._catalog.existing(path)
        name = next(name for key, name in _CREDENTIALS.items() if key.lower() == verb.lower())
        if cluster.properties["disableLocalAccounts"]:
            message = (
                "Getting static credential is not allowed because this cluster is set to disable local "
                "accounts."
            )
            raise errors.error(400, "BadRequest", message)
        control_plane = self._clusters.control_plane(cluster)
        if control_plane is None:
            self._clusters.check_not_busy(cluster)
            raise errors.error(404, "NotFound", f"The credentials of {cluster.id.name} were not found.")
        content = base64.b64encode(control_plane.kubeconfig(name).encode()).decode()
        return {"kubeconfigs": [{"name": name, "value": content}]}

    async def start(self, request: ActionRequest) -> Operation:
        """Start a cluster, for `POST …/start`."""
        cluster = self._catalog.existing(request.target)
        return self._clusters.power(cluster, on=True, api_version=request.api_version)

    async def stop(self, request: ActionRequest) -> Operation:
        """Stop a cluster, for `POST …/stop`."""
        cluster = self._catalog.existing(request.target)
        return self._clusters.power(cluster, on=False, api_version=request.api_version)

    async def upgrade_profile(self, request: ActionRequest) -> dict[str, Any]:
        """Return what a cluster can be upgraded to, for `GET …/upgradeProfiles/default`."""
        cluster = self._catalog.existing(request.path.rpartition("/upgradeProfiles/")[0])
        profile = f"{cluster.id}/upgradeprofiles/default"
        return {
            "id": profile.replace("/resourceGroups/", "/resourcegroups/"),
            "name": "default",
            "type": f"{MANAGED_CLUSTERS}/upgradeprofiles",
            "properties": {
                "controlPlaneProfile": _upgrades(cluster.properties["currentKubernetesVersion"]),
                "agentPoolProfiles": [
                    {"name": pool.id.name, **_upgrades(pool.properties["currentOrchestratorVersion"])}
                    for pool in self._clusters.pools(cluster)
                ],
            },
        }

    async def versions(self, _request: ActionRequest) -> dict[str, Any]:
        """List the versions of Kubernetes, for `GET …/locations/L/kubernetesVersions`."""
        values: list[dict[str, Any]] = [
            {
                "version": minor,
                "isDefault": minor == DEFAULT_MINOR,
                "isPreview": is_preview(minor),
                "capabilities": {"supportPlan": support_plans(minor)},
                "patchVersions": {patch: {"upgrades": list(upgrades_from(patch))} for patch in patches},
            }
            for minor, patches in KUBERNETES_VERSIONS.items()
        ]
        return {"values": values}


def _upgrades(version: str) -> dict[str, Any]:
    upgrades = [{"kubernetesVersion": each, "isPreview": is_preview(each)} for each in upgrades_from(version)]
    return {"kubernetesVersion": version, "osType": "Linux", "upgrades": upgrades}


def provider(services: Services, catalog: Catalog) -> Provider:
    """Return the provider Microsoft.ContainerService."""
    clusters = ManagedClusters(services, catalog)
    types = (clusters, AgentPools(services, catalog, clusters), MaintenanceConfigurations(services))
    return Provider("Microsoft.ContainerService", types, ClusterActions(catalog, clusters).actions())
