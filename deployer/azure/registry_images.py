"""Reads and removes the images of a registry, with the login of Azure in place of a token of the registry.

The endpoints below `/acr/v1` are those that `az acr repository` uses. The role Contributor allows them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from azure.core.exceptions import AzureError as SdkError

from deployer.azure.errors import azure_error
from deployer.cloud import MANAGEMENT_SCOPE
from deployer.errors import DeployerError

if TYPE_CHECKING:
    import httpx
    from azure.core.credentials_async import AsyncTokenCredential

CATALOG = "registry:catalog:*"
# The largest page that registries answer with.
PAGE = 100
ANSWER_LIMIT = 30.0


@dataclass(frozen=True)
class Image:
    """An image of a repository.

    Attributes:
        repository: its name, as in `our-hub/binder-…`.
        digest: of its manifest.
        tags: none for an image that another one replaced.
        updated: when it was last pushed or tagged, UTC.

    """

    repository: str
    digest: str
    tags: tuple[str, ...]
    updated: datetime


class RegistryImages:
    """The images of one registry.

    Args:
        login_server: host of the registry.
        credential: of somebody with a role on the registry.

    """

    def __init__(self, login_server: str, credential: AsyncTokenCredential) -> None:
        self._server = login_server
        self._credential = credential

    async def images(self, prefix: str = "") -> list[Image]:
        """Return the images of the repositories whose names start with a prefix.

        Raises:
            DeployerError: the registry cannot be read.

        """
        async with self._client() as client:
            refresh = await self._refresh_token(client)
            catalog = await self._access(client, refresh, CATALOG)
            names = await self._pages(client, catalog, "/acr/v1/_catalog", "repositories")
            found: list[Image] = []
            for name in names:
                if name.startswith(prefix):
                    access = await self._access(client, refresh, f"repository:{name}:metadata_read")
                    manifests = await self._pages(client, access, f"/acr/v1/{name}/_manifests", "manifests")
                    found += [_image(name, each) for each in manifests]
        return found

    async def remove(self, image: Image) -> None:
        """Remove an image with its tags.

        Raises:
            DeployerError: the registry refuses.

        """
        async with self._client() as client:
            refresh = await self._refresh_token(client)
            access = await self._access(client, refresh, f"repository:{image.repository}:delete")
            path = f"/v2/{image.repository}/manifests/{image.digest}"
            await self._send(client, "DELETE", path, headers={"Authorization": f"Bearer {access}"})

    def _client(self) -> httpx.AsyncClient:
        import httpx

        return httpx.AsyncClient(base_url=f"https://{self._server}", timeout=ANSWER_LIMIT)

    async def _refresh_token(self, client: httpx.AsyncClient) -> str:
        """Exchange a token of Azure for one of the registry."""
        try:
            token = await self._credential.get_token(MANAGEMENT_SCOPE)
        except SdkError as error:
            raise azure_error(error) from None
        form = {"grant_type": "access_token", "service": self._server, "access_token": token.token}
        return str((await self._send(client, "POST", "/oauth2/exchange", data=form)).json()["refresh_token"])

    async def _access(self, client: httpx.AsyncClient, refresh: str, scope: str) -> str:
        form = {
            "grant_type": "refresh_token",
            "service": self._server,
            "scope": scope,
            "refresh_token": refresh,
        }
        return str((await self._send(client, "POST", "/oauth2/token", data=form)).json()["access_token"])

    async def _pages(self, client: httpx.AsyncClient, access: str, path: str, key: str) -> list[Any]:
        """Return the entries of all pages of a list."""
        found: list[Any] = []
        url: str | None = f"{path}?n={PAGE}"
        while url is not None:
            answer = await self._send(client, "GET", url, headers={"Authorization": f"Bearer {access}"})
            found += answer.json().get(key) or []
            url = answer.links.get("next", {}).get("url")
        return found

    async def _send(self, client: httpx.AsyncClient, method: str, url: str, **details: Any) -> httpx.Response:
        import httpx

        try:
            answer = await client.request(method, url, **details)
        except httpx.HTTPError as error:
            raise DeployerError(
                f"The registry {self._server} cannot be reached: {type(error).__name__}.", retryable=True
            ) from None
        if answer.is_error:
            raise DeployerError(f"The registry {self._server} answers with status {answer.status_code}.")
        return answer


def _image(repository: str, manifest: dict[str, Any]) -> Image:
    updated = datetime.fromisoformat(manifest["lastUpdateTime"])
    return Image(repository, manifest["digest"], tuple(manifest.get("tags") or ()), updated)
