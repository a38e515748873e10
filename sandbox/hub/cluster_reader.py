"""Reads objects of a cluster at the moment of a request, to answer it in place of the pods."""

from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING

from sandbox.clusters.kubernetes_api import get, list_objects

if TYPE_CHECKING:
    import httpx

    from sandbox.clusters.kubernetes_api import Object


class ClusterReader:
    """Reads the objects of a cluster.

    Args:
        api: client of the cluster's API.

    """

    def __init__(self, api: httpx.AsyncClient) -> None:
        self._api = api

    async def service(self, namespace: str, name: str) -> Object | None:
        """Return a Service, None if there is none."""
        return await get(self._api, f"/api/v1/namespaces/{namespace}/services/{name}")

    async def deployment(self, namespace: str, name: str) -> Object | None:
        """Return a Deployment, None if there is none."""
        return await get(self._api, f"/apis/apps/v1/namespaces/{namespace}/deployments/{name}")

    async def pods(self, namespace: str, labels: str) -> list[Object]:
        """Return the pods that match a label selector."""
        return await list_objects(self._api, f"/api/v1/namespaces/{namespace}/pods", labels)

    async def endpoints(self, namespace: str, service: str) -> list[dict[str, int]]:
        """Return the ports of each ready endpoint of a Service, by the name of the Service's port."""
        path = f"/apis/discovery.k8s.io/v1/namespaces/{namespace}/endpointslices"
        slices = await list_objects(self._api, path, f"kubernetes.io/service-name={service}")
        return [
            _ports(found)
            for found in slices
            for endpoint in found.get("endpoints") or ()
            if endpoint.get("conditions", {}).get("ready", True)
        ]

    async def secret(self, namespace: str, name: str) -> dict[str, bytes]:
        """Return the data of a Secret, nothing if there is none."""
        found = await get(self._api, f"/api/v1/namespaces/{namespace}/secrets/{name}")
        return {key: b64decode(value) for key, value in ((found or {}).get("data") or {}).items()}


def _ports(found: Object) -> dict[str, int]:
    return {port.get("name") or "": port["port"] for port in found.get("ports") or () if port.get("port")}
