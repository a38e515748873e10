"""Clients have public addresses, by which hosts may tell them apart and let them in or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest
from starlette.applications import Starlette

from sandbox.internet.own_address import HOST, own_address
from sandbox.network.callers import CONTAINERS, LAPTOPS, Callers
from sandbox.network.dns import Dns
from sandbox.network.hosts import Hosts
from sandbox.network.listener import Dispatcher, Listener
from sandbox.network.proxy import Clients, Proxy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

CLUSTER = "api.hcp.westeurope.azmk8s.io"


@pytest.fixture
async def proxies(tmp_path: Path) -> AsyncIterator[dict[str, str]]:
    """Two proxies for clients with different addresses, of which a cluster answers only one."""
    hosts, callers = Hosts(Dns()), Callers()
    hosts.serve(HOST, own_address(callers))
    listener = Listener(Dispatcher(hosts, tmp_path / "requests.jsonl", lambda _: None))
    port = await listener.start()
    hosts.pass_through(CLUSTER, port, Starlette(), lambda address: address == LAPTOPS)
    running = {
        address: Proxy(hosts, tls_port=port, http_port=port, clients=Clients(address, callers))
        for address in (LAPTOPS, CONTAINERS)
    }
    yield {address: f"http://127.0.0.1:{await proxy.start()}" for address, proxy in running.items()}
    for proxy in running.values():
        await proxy.close()
    await listener.close()


@pytest.mark.parametrize("address", [LAPTOPS, CONTAINERS])
async def test_a_client_is_told_its_own_address(address: str, proxies: dict[str, str]) -> None:
    async with httpx.AsyncClient(proxy=proxies[address], trust_env=False) as client:
        assert (await client.get(f"http://{HOST}/ip")).text == address


async def test_a_client_that_is_not_let_in_gets_no_answer(proxies: dict[str, str]) -> None:
    async with httpx.AsyncClient(proxy=proxies[CONTAINERS], trust_env=False) as client:
        with pytest.raises(httpx.ProxyError, match="504"):
            await client.get(f"https://{CLUSTER}/version")
    async with httpx.AsyncClient(proxy=proxies[LAPTOPS], trust_env=False) as client:
        # Let through to the listener, which speaks no TLS here.
        with pytest.raises(httpx.ConnectError):
            await client.get(f"https://{CLUSTER}/version")
