"""What a cluster holds of a BinderHub release at this moment, asked of its API.

The public face answers from this alone, so that it can't be better than what was really installed.
"""

from __future__ import annotations

import json
from base64 import b64decode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from sandbox.hub.cluster_reader import LiveObjects

if TYPE_CHECKING:
    import httpx

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
        self._objects = LiveObjects(api)
        self._namespace = namespace

    async def image_tag(self, deployment: str) -> str:
        """Return the tag of the image that a Deployment runs, empty where there is no such Deployment."""
        found = await self._objects.get(
            f"/apis/apps/v1/namespaces/{self._namespace}/deployments/{deployment}"
        )
        if found is None:
            return ""
        image: str = found["spec"]["template"]["spec"]["containers"][0]["image"]
        return image.rpartition(":")[2]

    async def has_ready_pods(self, service: str) -> bool:
        """Whether a Service has an endpoint that takes connections."""
        return bool(await self._objects.endpoints(self._namespace, service))

    async def count_pods(self, selector: str) -> int:
        """Return how many pods carry these labels."""
        return len(await self._objects.list(f"/api/v1/namespaces/{self._namespace}/pods", selector))

    async def binder_configuration(self) -> dict[str, Any]:
        """Return the section `config` of the values that the Binder page reads when it starts."""
        secret = await self._objects.secret(self._namespace, "binder-secret")
        values = yaml.safe_load(secret.get("values.yaml", b"")) or {}
        return dict(values.get("config") or {})

    async def registry_login(self) -> RegistryLogin | None:
        """Return the first login of the docker configuration that the Binder page is given."""
        configuration = json.loads(
            (await self._objects.secret(self._namespace, "binder-build-docker-config")).get(
                "config.json", b"{}"
            )
        )
        for address, login in configuration.get("auths", {}).items():
            username, _, password = b64decode(login.get("auth", "")).decode().partition(":")
            return RegistryLogin(address, username, password)
        return None
