"""What a cluster's API holds at this moment, as those read it who answer for the cluster's pods."""

from __future__ import annotations

from base64 import b64decode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

    Object = dict[str, Any]

NOT_FOUND = 404


@dataclass(frozen=True)
class Endpoint:
    """A pod that takes a Service's connections.

    Attributes:
        pod: its name, empty where no pod stands behind the address.
        ports: the pod's port for the name of each port of the Service.

    """

    pod: str
    ports: Mapping[str, int]


class LiveObjects:
    """Reads the objects of one cluster.

    Args:
        api: client of the cluster's API.

    """

    def __init__(self, api: httpx.AsyncClient) -> None:
        self._api = api

    async def service(self, namespace: str, name: str) -> Object | None:
        """Return a Service, None where there is none of that name."""
        return await self.get(f"/api/v1/namespaces/{namespace}/services/{name}")

    async def pod(self, namespace: str, name: str) -> Object | None:
        """Return a pod, None where there is none of that name."""
        return await self.get(f"/api/v1/namespaces/{namespace}/pods/{name}")

    async def endpoints(self, namespace: str, service: str) -> list[Endpoint]:
        """Return the ready endpoints of a Service."""
        slices = await self.list(
            f"/apis/discovery.k8s.io/v1/namespaces/{namespace}/endpointslices",
            f"kubernetes.io/service-name={service}",
        )
        return [
            Endpoint((endpoint.get("targetRef") or {}).get("name", ""), _ports(found))
            for found in slices
            for endpoint in found.get("endpoints") or ()
            if endpoint.get("conditions", {}).get("ready", True)
        ]

    async def secret(self, namespace: str, name: str) -> dict[str, bytes]:
        """Return what a Secret holds, nothing where there is none of that name."""
        found = await self.get(f"/api/v1/namespaces/{namespace}/secrets/{name}")
        return {key: b64decode(value) for key, value in ((found or {}).get("data") or {}).items()}

    async def ingresses(self) -> list[Object]:
        """Return the Ingresses of all namespaces."""
        return await self.list("/apis/networking.k8s.io/v1/ingresses")

    async def ingress_classes(self) -> list[Object]:
        """Return all IngressClasses."""
        return await self.list("/apis/networking.k8s.io/v1/ingressclasses")

    async def get(self, path: str) -> Object | None:
        """Return what is at a path, None where nothing is."""
        answer = await self._api.get(path)
        if answer.status_code == NOT_FOUND:
            return None
        return dict(answer.raise_for_status().json())

    async def list(self, path: str, selector: str = "") -> list[Object]:
        """Return a collection's objects, only those with these labels if asked."""
        answer = await self._api.get(path, params={"labelSelector": selector} if selector else {})
        return list(answer.raise_for_status().json()["items"])


def _ports(found: Object) -> dict[str, int]:
    return {port.get("name") or "": port["port"] for port in found.get("ports") or () if port.get("port")}
