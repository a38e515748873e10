"""Starts and stops the blob endpoint and the static website of each storage account."""

from __future__ import annotations

import asyncio
import ssl
from http import HTTPStatus
from typing import TYPE_CHECKING

from sandbox.azure.storage.azurite import Azurite
from sandbox.azure.storage.blob_endpoint import BlobEndpoint
from sandbox.azure.storage.static_website import BLOB_API_VERSION, STORAGE_AUDIENCE, StaticWebsite

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sandbox.azure.identity.directory import Directory
    from sandbox.azure.storage.blob_endpoint import Authorise
    from sandbox.network.authority import CertificateAuthority
    from sandbox.network.hosts import Hosts


class BlobStores:
    """The blob endpoints and static websites of all accounts.

    Args:
        folder: for certificates and logs.
        authority: signs the certificates.
        hosts: where the endpoints are served.
        directory: the principals, whose tokens are accepted.
        authorise: checks the permissions of a principal.
        is_reachable: returns whether an account can be reached from the public network.

    """

    def __init__(  # noqa: PLR0913 - the parts of the sandbox that it works with
        self,
        *,
        folder: Path,
        authority: CertificateAuthority,
        hosts: Hosts,
        directory: Directory,
        authorise: Authorise,
        is_reachable: Callable[[str], bool],
    ) -> None:
        self._folder = folder
        self._authority = authority
        self._hosts = hosts
        self._directory = directory
        self._authorise = authorise
        self._is_reachable = is_reachable
        self._azurites: dict[str, Azurite] = {}
        self._sites: dict[str, StaticWebsite] = {}
        self._owner = directory.add_managed_identity("Resource Manager's own hand in storage")

    async def create_account(self, name: str, location: str) -> None:  # noqa: ARG002 - the region is not part of an endpoint
        """Serve the blobs and the static website of a new account."""
        if name in self._azurites:
            return
        host = _blob_host(name)
        trust = ssl.create_default_context(cafile=str(self._authority.ca_file))
        azurite = Azurite(
            name,
            folder=self._folder,
            certificate=self._authority.issue(host, "127.0.0.1"),
            trust=trust,
        )
        await azurite.start()
        self._azurites[name] = azurite
        self._sites[name] = StaticWebsite(host, azurite.client, self._directory)
        endpoint = BlobEndpoint(
            name, azurite.client, self._directory, self._authorise, lambda: self._is_reachable(name)
        )
        self._hosts.serve(host, endpoint)
        self._hosts.serve(_site_host(name), self._sites[name])

    async def delete_account(self, name: str) -> None:
        """Stop serving an account, and delete its blobs."""
        azurite = self._azurites.pop(name, None)
        if azurite is None:
            return
        del self._sites[name]
        self._hosts.forget(_blob_host(name))
        self._hosts.forget(_site_host(name))
        await azurite.close()

    async def create_container(self, account: str, name: str) -> None:
        """Create a container; an existing one stays as it is."""
        token = self._directory.issue_token(self._owner, STORAGE_AUDIENCE)
        headers = {
            "Authorization": f"Bearer {token}",
            "Host": _blob_host(account),
            "x-ms-version": BLOB_API_VERSION,
        }
        client = self._azurites[account].client
        answer = await client.put(f"/{name}", params={"restype": "container"}, headers=headers)
        if answer.status_code != HTTPStatus.CONFLICT:
            answer.raise_for_status()

    async def set_static_website(self, account: str, index: str, error_document: str, enabled: bool) -> None:  # noqa: FBT001 - the four properties of a website
        """Enable or disable the static website of an account; to enable it creates its container."""
        if enabled:
            await self.create_container(account, "$web")
        site = self._sites[account]
        site.enabled, site.index, site.error_document = enabled, index, error_document

    async def close(self) -> None:
        """Delete all accounts."""
        await asyncio.gather(*map(self.delete_account, list(self._azurites)))


def _blob_host(account: str) -> str:
    return f"{account}.blob.core.windows.net"


def _site_host(account: str) -> str:
    return f"{account}.z6.web.core.windows.net"
