"""The network of the pods: other pods by their addresses, and the internet by its names.

The programs that run for pods reach it through a SOCKS proxy, whose user is the host name of their cluster.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING, Protocol

import httpx
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from sandbox.clusters.kubernetes_api import list_objects
from sandbox.hub.pods import Pods
from sandbox.network.listener import Listener
from sandbox.network.socks import SocksProxy
from sandbox.network.unreachable import Unreachable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.types import Receive, Scope, Send

    from sandbox.clusters.cluster import Cluster
    from sandbox.clusters.kubernetes_api import Object
    from sandbox.hub.pods import PodAnswers
    from sandbox.network.socks import Connection

    # Returns the local port that answers a port of a host; raises Unreachable.
    PortOf = Callable[[str, int], Awaitable[int]]

POD_RANGE = "10.244."


class _Clusters(Protocol):
    def get(self, fqdn: str) -> Cluster | None:
        """Return the cluster whose API has a host name."""


class PodNetwork:
    """The network of the pods of all clusters.

    Args:
        clusters: all clusters.
        answers: what pods answer.
        port_of: finds what answers a host of the internet.

    """

    def __init__(self, clusters: _Clusters, answers: PodAnswers, port_of: PortOf) -> None:
        self._clusters = clusters
        self._answers = answers
        self._port_of = port_of
        self._socks = SocksProxy(self._connect)
        self._listener = Listener(self._answer)
        self._port = 0
        # Cluster, address and port that a connection is for, by the port that it comes from.
        self._meant: dict[int, tuple[str, str, int]] = {}

    async def start(self) -> int:
        """Start to listen; return the port of the SOCKS proxy."""
        self._port = await self._listener.start()
        return await self._socks.start()

    async def close(self) -> None:
        """Stop to listen."""
        await self._socks.close()
        await self._listener.close()

    async def _connect(self, user: str, host: str, port: int) -> Connection:
        if not host.startswith(POD_RANGE):
            return await asyncio.open_connection("127.0.0.1", await self._port_of(host, port))
        await self._pods_at(user, host, port)
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        self._meant[writer.get_extra_info("sockname")[1]] = (user, host, port)
        return reader, writer

    async def _pods_at(self, fqdn: str, address: str, port: int) -> Pods:
        cluster = self._clusters.get(fqdn)
        found = await _ready_pods(cluster.api, address) if cluster else []
        if cluster is None or not found:
            raise Unreachable(HTTPStatus.BAD_GATEWAY, f"No pod has the address {address}.")
        (pod, *_) = found
        container = pod["spec"]["containers"][0]
        if port not in {each["containerPort"] for each in container.get("ports") or ()}:
            raise Unreachable(HTTPStatus.GATEWAY_TIMEOUT, f"{address} does not answer on port {port}.")
        metadata = pod["metadata"]
        arguments = [*(container.get("command") or ()), *(container.get("args") or ())]
        return Pods(cluster.api, metadata["namespace"], metadata.get("labels") or {}, arguments)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        response = await self._response(Request(scope))
        await response(scope, receive, send)

    async def _response(self, request: Request) -> Response:
        """Answer for the pod that has the address now; another may have had it when it was connected."""
        try:
            pods = await self._pods_at(*self._meant[request.scope["client"][1]])
            return await self._answers.answer(pods, request)
        except (Unreachable, httpx.TransportError) as error:
            return PlainTextResponse(f"{error}\n", status_code=HTTPStatus.SERVICE_UNAVAILABLE)


async def _ready_pods(api: httpx.AsyncClient, address: str) -> list[Object]:
    return await list_objects(api, "/api/v1/pods", fields=f"status.podIP={address},status.phase=Running")
