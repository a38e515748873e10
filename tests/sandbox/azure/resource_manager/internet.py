"""Resource Manager behind the sandbox's own proxy and TLS, for the official clients."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Self

from azure.core.credentials import AccessToken

from sandbox.network.authority import CertificateAuthority
from sandbox.network.hosts import Hosts
from sandbox.network.listener import Dispatcher, Listener
from sandbox.network.proxy import Proxy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.sandbox.azure.resource_manager.conftest import World


class Token:
    """A credential that always has the same token."""

    def __init__(self, token: str) -> None:
        self._token = token

    async def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        return AccessToken(self._token, 4102444800)

    async def close(self) -> None:
        """Nothing is open."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_details: object) -> None:
        """Nothing is open."""


@asynccontextmanager
async def internet(world: World, folder: Path) -> AsyncIterator[tuple[str, str]]:
    """The proxy's address and the authority's file, with Resource Manager behind them."""
    hosts, authority = Hosts(), CertificateAuthority(folder / "authority")
    hosts.serve("management.azure.com", world.manager.app)
    dispatcher = Dispatcher(hosts, folder / "requests.jsonl", lambda _token: None)
    listeners = [Listener(dispatcher, each) for each in (authority, None)]
    ports = [await listener.start() for listener in listeners]
    proxy = Proxy(hosts, tls_port=ports[0], http_port=ports[1])
    yield f"http://127.0.0.1:{await proxy.start()}", str(authority.ca_file)
    await proxy.close()
    for listener in listeners:
        await listener.close()
