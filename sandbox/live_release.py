"""What a cluster holds of a BinderHub release at this moment, asked of its API.

The public face answers from this alone, so that it can't be better than what was really installed.
"""

from __future__ import annotations

import json
from base64 import b64decode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    import httpx

NOT_FOUND = 404
DOCKER_HUB = "https://index.docker.io/v1/"


@dataclass(frozen=True)
class RegistryLogin:
    """How the release signs in to its registry.

    Attributes:
        address: as docker's configuration has it: `https://example.azurecr.io`, or DOCKER_HUB.
        username: whatever the release was given.
        password: likewise.

    """

    address: str
    username: str
    password: str


class LiveRelease:
    """Reads the objects of one namespace.

    Args:
        api: client of the cluster's API.
        namespace: where the release is.

    """

    def __init__(self, api: httpx.AsyncClient, namespace: str) -> None:
        self._api = api
        self._namespace = namespace

    async def service(self, name: str) -> dict[str, Any] | None:
        """Return a Service, None where there is none of that name."""
        return await self._get(f"/api/v1/namespaces/{self._namespace}/services/{name}")

    async def image_tag(self, deployment: str) -> str:
        """Return the tag of the image that a Deployment runs, empty where there is no such Deployment."""
        found = await self._get(f"/apis/apps/v1/namespaces/{self._namespace}/deployments/{deployment}")
        if found is None:
            return ""
        image: str = found["spec"]["template"]["spec"]["containers"][0]["image"]
        return image.rpartition(":")[2]

    async def has_ready_pods(self, service: str) -> bool:
        """Whether a Service has an endpoint that takes connections."""
        selector = f"kubernetes.io/service-name={service}"
        slices = await self._list(
            f"/apis/discovery.k8s.io/v1/namespaces/{self._namespace}/endpointslices", selector
        )
        endpoints = [endpoint for found in slices for endpoint in found.get("endpoints") or ()]
        return any(endpoint.get("conditions", {}).get("ready", True) for endpoint in endpoints)

    async def count_pods(self, selector: str) -> int:
        """Return how many pods carry these labels."""
        return len(await self._list(f"/api/v1/namespaces/{self._namespace}/pods", selector))

    async def binder_configuration(self) -> dict[str, Any]:
        """Return the section `config` of the values that the Binder page reads when it starts."""
        secret = await self._secret("binder-secret")
        values = yaml.safe_load(secret.get("values.yaml", b"")) or {}
        return dict(values.get("config") or {})

    async def registry_login(self) -> RegistryLogin | None:
        """Return the first login of the docker configuration that the Binder page is given."""
        configuration = json.loads(
            (await self._secret("binder-build-docker-config")).get("config.json", b"{}")
        )
        for address, login in configuration.get("auths", {}).items():
            username, _, password = b64decode(login.get("auth", "")).decode().partition(":")
            return RegistryLogin(address, username, password)
        return None

    async def _secret(self, name: str) -> dict[str, bytes]:
        secret = await self._get(f"/api/v1/namespaces/{self._namespace}/secrets/{name}")
        return {key: b64decode(value) for key, value in ((secret or {}).get("data") or {}).items()}

    async def _get(self, path: str) -> dict[str, Any] | None:
        answer = await self._api.get(path)
        if answer.status_code == NOT_FOUND:
            return None
        return dict(answer.raise_for_status().json())

    async def _list(self, path: str, selector: str) -> list[dict[str, Any]]:
        answer = await self._api.get(path, params={"labelSelector": selector})
        return list(answer.raise_for_status().json()["items"])
