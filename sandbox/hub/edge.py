"""Takes requests to `<label>.<region>.cloudapp.azure.com`, or to an alias of such a name, to their backend.

A name is answered only while a Service of some cluster has its label, an address and ready pods, so a
deployment that lacks one of these fails its verification. Behind Traefik's Service, Traefik itself decides
where a request goes.
"""

from __future__ import annotations

import ssl
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from sandbox.hub.addresses import PublicAddresses
from sandbox.hub.binderhub import VERSION_HEADER
from sandbox.hub.pods import PodAnswers, Pods
from sandbox.network.dns import Dns
from sandbox.network.forwarder import pass_on
from sandbox.network.unreachable import Unreachable

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from sandbox.hub.addresses import LabelHolders
    from sandbox.hub.binderhub import CheckLogin

PORTS = {"http": 80, "https": 443}
STOPPED = "The cluster behind this name does not run."


class Edge:
    """The ASGI application for `*.cloudapp.azure.com` and the names that are aliases of these.

    Args:
        clusters: all clusters of the sandbox.
        check_login: returns whether a registry accepts a login.
        dns: the aliases; none by default.

    Attributes:
        answers: what pods answer.

    """

    def __init__(self, clusters: LabelHolders, check_login: CheckLogin, dns: Dns | None = None) -> None:
        self._addresses = PublicAddresses(clusters, dns or Dns())
        self.answers = PodAnswers(check_login, self._leads_to_hub)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; other ASGI events, such as lifespan, are ignored."""
        if scope["type"] != "http":
            return
        response = await self._answer(Request(scope, receive))
        await response(scope, receive, send)

    async def program_port(self, host: str, port: int) -> int | None:
        """Return the local port of the program that answers a port of a public name; None for any other host.

        Raises:
            Unreachable: the name does not exist, or nothing accepts connections there.

        """
        if not self._addresses.is_public(host):
            return None
        try:
            return (await self._addresses.backend(host, port)).program_port
        except httpx.TransportError:
            raise Unreachable(HTTPStatus.GATEWAY_TIMEOUT, STOPPED) from None

    async def _answer(self, request: Request) -> Response:
        url = request.url
        try:
            backend = await self._addresses.backend(url.hostname or "", PORTS[url.scheme])
            if backend.program_port is not None:
                return await _pass_on(request, backend.program_port)
            pods = Pods(backend.api, backend.namespace, backend.selector, ())
            return await self.answers.answer(pods, request)
        except Unreachable as unreachable:
            return PlainTextResponse(f"{unreachable}\n", status_code=unreachable.status)
        except httpx.TransportError:
            return PlainTextResponse(f"{STOPPED}\n", status_code=HTTPStatus.GATEWAY_TIMEOUT)

    async def _leads_to_hub(self, address: str) -> bool:
        """Return whether JupyterHub answers where an address leads to."""
        if urlsplit(address).scheme not in PORTS:
            return False
        async with httpx.AsyncClient(transport=httpx.ASGITransport(self)) as visitor:
            answer = await visitor.get(f"{address.rstrip('/')}/hub/api")
        return VERSION_HEADER in answer.headers


async def _pass_on(request: Request, port: int) -> Response:
    """Hand a request to a program on a local port, with the host name that it is for."""
    url = request.url
    query = f"?{url.query}" if url.query else ""
    async with httpx.AsyncClient(verify=_trusting_anyone(), trust_env=False, timeout=30) as client:
        address = f"{url.scheme}://127.0.0.1:{port}{url.path}{query}"
        return await pass_on(client, request, address, url.hostname or "")


def _trusting_anyone() -> ssl.SSLContext:
    """Return a TLS context that judges no certificate, since only faults come between the visitor and it.

    One is made for each request, and so without the authorities of this machine, which take long to read.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context
