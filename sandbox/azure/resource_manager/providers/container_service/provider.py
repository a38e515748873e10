"""Microsoft.ContainerService as a whole, for the kernel: types, credentials, stop and start, versions."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from sandbox.azure.resource_manager.core.resource_types import Call, Function, Provider
from sandbox.azure.resource_manager.providers.container_service import refusals
from sandbox.azure.resource_manager.providers.container_service.agent_pools import AgentPools
from sandbox.azure.resource_manager.providers.container_service.managed_clusters import ManagedClusters
from sandbox.azure.resource_manager.providers.container_service.quota import MANAGED_CLUSTERS
from sandbox.azure.resource_manager.providers.container_service.versions import (
    API_VERSIONS,
    DEFAULT_MINOR,
    KUBERNETES_VERSIONS,
)
from sandbox.azure.resource_manager.providers.subscriptions import SUBSCRIPTION

if TYPE_CHECKING:
    from sandbox.azure.resource_manager.core.kernel import Kernel
    from sandbox.azure.resource_manager.core.operations import Operation

_CREDENTIALS = {"listClusterUserCredential": "clusterUser", "listClusterAdminCredential": "clusterAdmin"}


class ClusterFunctions:
    """What can be asked of clusters beside themselves."""

    def __init__(self, kernel: Kernel, clusters: ManagedClusters) -> None:
        self._kernel = kernel
        self._clusters = clusters

    def functions(self) -> tuple[Function, ...]:
        """The functions, for the kernel's list."""
        cluster = f"{{scope}}/providers/{MANAGED_CLUSTERS}/{{cluster}}"
        versions = (
            f"{SUBSCRIPTION}/providers/Microsoft.ContainerService/locations/{{location}}/kubernetesVersions"
        )
        read = "Microsoft.ContainerService/locations/kubernetesVersions/read"
        runs = {**dict.fromkeys(_CREDENTIALS, self.credentials), "start": self.start, "stop": self.stop}
        actions = (
            Function(
                "POST", f"{cluster}/{verb}", f"{MANAGED_CLUSTERS}/{verb}/action", cluster, run, API_VERSIONS
            )
            for verb, run in runs.items()
        )
        return (*actions, Function("GET", versions, read, SUBSCRIPTION, self.versions, API_VERSIONS))

    async def credentials(self, call: Call) -> dict[str, Any]:
        """`POST …/listClusterUserCredential` and `…Admin…`: a kubeconfig, base64."""
        path, _, verb = call.path.rpartition("/")
        cluster = self._kernel.existing(path)
        name = next(name for key, name in _CREDENTIALS.items() if key.lower() == verb.lower())
        if cluster.properties["disableLocalAccounts"]:
            message = (
                "Getting static credential is not allowed because this cluster is set to disable local "
                "accounts."
            )
            raise refusals.refusal(400, "BadRequest", message)
        control_plane = self._clusters.control_plane(cluster)
        if control_plane is None:
            self._clusters.check_not_busy(cluster)
            raise refusals.refusal(404, "NotFound", f"The credentials of {cluster.id.name} were not found.")
        content = base64.b64encode(control_plane.kubeconfig().encode()).decode()
        return {"kubeconfigs": [{"name": name, "value": content}]}

    async def start(self, call: Call) -> Operation:
        """`POST …/start`."""
        cluster = self._kernel.existing(call.path.rpartition("/")[0])
        return self._clusters.power(cluster, on=True, api_version=call.api_version)

    async def stop(self, call: Call) -> Operation:
        """`POST …/stop`."""
        cluster = self._kernel.existing(call.path.rpartition("/")[0])
        return self._clusters.power(cluster, on=False, api_version=call.api_version)

    async def versions(self, _call: Call) -> dict[str, Any]:
        """`GET …/locations/L/kubernetesVersions`."""
        values: list[dict[str, Any]] = [
            {
                "version": minor,
                "isDefault": minor == DEFAULT_MINOR,
                "isPreview": None,
                "capabilities": {"supportPlan": ["KubernetesOfficial"]},
                "patchVersions": {patch: {"upgrades": []} for patch in patches},
            }
            for minor, patches in KUBERNETES_VERSIONS.items()
        ]
        return {"values": values}


def provider(kernel: Kernel) -> Provider:
    """Microsoft.ContainerService."""
    clusters = ManagedClusters(kernel)
    types = (clusters, AgentPools(kernel, clusters))
    return Provider("Microsoft.ContainerService", types, ClusterFunctions(kernel, clusters).functions())
