"""How long the clients of Azure wait for a server."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

import pytest
from azure.core.exceptions import AzureError, ServiceRequestError, ServiceResponseError
from azure.core.rest import HttpRequest

from deployer.azure import clients
from deployer.azure.clients import AzureClients
from tests.sandbox.azure.resource_manager.internet import Token

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def silent_server() -> Iterator[str]:
    """Return the address of a server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        host, port = server.getsockname()
        yield f"{host}:{port}"


@pytest.mark.parametrize(
    ("scheme", "raised"), [("http", ServiceResponseError), ("https", ServiceRequestError)]
)
async def test_a_server_that_is_silent_is_not_waited_for_as_long_as_an_operation(
    silent_server: str, monkeypatch: pytest.MonkeyPatch, scheme: str, raised: type[AzureError]
) -> None:
    monkeypatch.setattr(clients, "CONNECTION_LIMIT", 0.1)
    monkeypatch.setattr(clients, "ANSWER_LIMIT", 0.1)
    request = HttpRequest("GET", f"{scheme}://{silent_server}/")
    async with asyncio.timeout(10), AzureClients(Token("a token"), "unknown") as azure:
        with pytest.raises(raised):
            await azure.resources.send_request(request, retry_total=0, enforce_https=False)
