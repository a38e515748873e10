"""Hosts of the internet on loopback, for tests that need some of them and no whole sandbox."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from sandbox.network.authority import CertificateAuthority
from sandbox.network.environment import network_environment
from sandbox.network.hosts import Hosts
from sandbox.network.listener import Dispatcher, Listener
from sandbox.network.proxy import Proxy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    from starlette.types import ASGIApp


@asynccontextmanager
async def connected(folder: Path, apps: Mapping[str, ASGIApp]) -> AsyncIterator[dict[str, str]]:
    """Serve hosts behind the sandbox's proxy, and no other host.

    Args:
        folder: for the certificates and the list of requests.
        apps: the application of each host.

    Yields:
        The environment variables of a client that reaches them.

    """
    authority, hosts = CertificateAuthority(folder / "authority"), Hosts()
    for host, app in apps.items():
        hosts.serve(host, app)
    listener = Listener(Dispatcher(hosts, folder / "requests.jsonl", lambda _: None), authority)
    async with AsyncExitStack() as stack:
        port = await listener.start()
        stack.push_async_callback(listener.close)
        proxy = Proxy(hosts, tls_port=port, http_port=port)
        address = f"http://127.0.0.1:{await proxy.start()}"
        stack.push_async_callback(proxy.close)
        yield network_environment(address, authority.ca_file)
