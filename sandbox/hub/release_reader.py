"""Reads a BinderHub release from the cluster that it is installed in.

What the sandbox answers for BinderHub comes from here alone, so a release that is incomplete looks
incomplete.
"""

from __future__ import annotations

import json
from base64 import b64decode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from sandbox.hub.cluster_reader import ClusterReader

if TYPE_CHECKING:
    import httpx

DOCKER_HUB = "https://index.docker.io/v1/"


@dataclass(frozen=True)
class RegistryLogin:
    """The login of a release at its registry.

    Attributes:
        address: as in a Docker configuration: `https://example.azurecr.io`, or DOCKER_HUB.
        username: the user name.
        password: the password.

    """

    address: str
    username: str
    password: str


class ReleaseReader:
    """Reads the release of a namespace.

    Args:
        api: client of the cluster's API.
        namespace: where the release is installed.

    """

    def __init__(self, api: httpx.AsyncClient, namespace: str) -> None:
        self._cluster = ClusterReader(api)
        self._namespace = namespace

    async def image_tag(self, deployment: str) -> str:
        """Return the image tag of a Deployment, empty if there is no Deployment."""
        found = await self._cluster.deployment(self._namespace, deployment)
        if found is None:
            return ""
        image: str = found["spec"]["template"]["spec"]["containers"][0]["image"]
        return image.rpartition(":")[2]

    async def has_ready_pods(self, service: str) -> bool:
        """Return whether a Service has a ready endpoint."""
        return bool(await self._cluster.endpoints(self._namespace, service))

    async def count_pods(self, labels: str) -> int:
        """Return how many pods match a label selector."""
        return len(await self._cluster.pods(self._namespace, labels))

    async def binder_configuration(self) -> dict[str, Any]:
        """Return `config` of the values that BinderHub reads when it starts."""
        secret = await self._cluster.secret(self._namespace, "binder-secret")
        values = yaml.safe_load(secret.get("values.yaml", b"")) or {}
        return dict(values.get("config") or {})

    async def registry_login(self) -> RegistryLogin | None:
        """Return the first login in BinderHub's Docker configuration, None if it has none."""
        secret = await self._cluster.secret(self._namespace, "binder-build-docker-config")
        configuration = json.loads(secret.get("config.json", b"{}"))
        for address, login in configuration.get("auths", {}).items():
            username, _, password = b64decode(login.get("auth", "")).decode().partition(":")
            return RegistryLogin(address, username, password)
        return None
