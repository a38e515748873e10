"""Takes requests to `<label>.<region>.cloudapp.azure.com`, or to an alias of such a name, to their backend.

A name is answered only while a Service of some cluster has its label, an address and ready pods, so a
deployment that lacks one of these fails its verification. Behind Traefik's Service, the Ingresses decide
where a request goes.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from sandbox.hub.addresses import Backend, PublicAddresses
from sandbox.hub.binderhub import BinderHub, JupyterHub
from sandbox.hub.ingress.traefik import NOT_FOUND, Traefik, Visit
from sandbox.hub.release_reader import ReleaseReader
from sandbox.hub.solver import SOLVER_LABEL, Solver
from sandbox.network.dns import Dns
from sandbox.network.unreachable import Unreachable

if TYPE_CHECKING:
    import ssl

    from starlette.types import Receive, Scope, Send

    from sandbox.hub.addresses import LabelHolders
    from sandbox.hub.binderhub import CheckLogin, LeadsToHub

PORTS = {"http": 80, "https": 443}
BINDER, PROXY = "binder", "proxy"
STOPPED = "The cluster behind this name does not run."


class Edge:
    """The ASGI application for `*.cloudapp.azure.com` and the names that are aliases of these.

    Args:
        clusters: all clusters of the sandbox.
        check_login: returns whether a registry accepts a login.
        dns: the aliases; none by default.

    """

    def __init__(self, clusters: LabelHolders, check_login: CheckLogin, dns: Dns | None = None) -> None:
        self._addresses = PublicAddresses(clusters, dns or Dns())
        self._check_login = check_login

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; other ASGI events, such as lifespan, are ignored."""
        if scope["type"] != "http":
            return
        response = await self._answer(Request(scope))
        await response(scope, receive, send)

    async def tls_context(self, host: str) -> ssl.SSLContext | None:
        """Return the TLS context of Traefik for a public name, None for any other host.

        Raises:
            Unreachable: the name does not exist, or nothing accepts connections there.

        """
        if not self._addresses.is_public(host):
            return None
        try:
            traefik = await Traefik.behind(await self._addresses.backend(host, PORTS["https"]))
            return await traefik.tls_context(host) if traefik else None
        except httpx.TransportError:
            raise Unreachable(HTTPStatus.GATEWAY_TIMEOUT, STOPPED) from None

    async def _answer(self, request: Request) -> Response:
        url = request.url
        visit = Visit(url.hostname or "", url.path, url.query, request.method, url.scheme == "https")
        try:
            found, headers = await self._route(visit)
            answer = found if isinstance(found, Response) else await self._answer_for_pods(found, visit)
            return _with_headers(answer, headers)
        except Unreachable as unreachable:
            return PlainTextResponse(f"{unreachable}\n", status_code=unreachable.status)
        except httpx.TransportError:
            return PlainTextResponse(f"{STOPPED}\n", status_code=HTTPStatus.GATEWAY_TIMEOUT)

    async def _route(self, visit: Visit) -> tuple[Backend | Response, dict[str, str]]:
        """Return the backend of a request, or Traefik's own response, and the headers that Traefik adds.

        Raises:
            Unreachable: the name has no address, or nothing accepts connections there.

        """
        backend = await self._addresses.backend(visit.host, PORTS["https" if visit.tls else "http"])
        traefik = await Traefik.behind(backend)
        if traefik is None:
            return backend, {}
        found, headers = await traefik.route(visit), await traefik.headers(visit)
        # Without a route, nothing adds headers.
        return (NOT_FOUND, {}) if headers is None or found is NOT_FOUND else (found, headers)

    async def _answer_for_pods(self, backend: Backend, visit: Visit) -> Response:
        """Answer for the pods of a backend, which the selector of the Service identifies."""
        label, value = SOLVER_LABEL
        if backend.selector.get(label) == value:
            return Solver(await backend.arguments()).answer(visit.host, visit.path)
        release = ReleaseReader(backend.api, backend.namespace)
        component = backend.selector.get("component", "")
        if component == BINDER:
            binderhub = BinderHub(release, self._check_login, self._leads_to_hub_of(backend))
            return await binderhub.answer(visit.path)
        if component == PROXY:
            return await JupyterHub(release).answer(visit.path)
        raise Unreachable(
            HTTPStatus.SERVICE_UNAVAILABLE, f"The sandbox does not know what the pods {component!r} answer."
        )

    def _leads_to_hub_of(self, binder: Backend) -> LeadsToHub:
        """Return a check whether an address leads to the JupyterHub beside a BinderHub."""

        async def leads_to_hub(address: str) -> bool:
            url = urlsplit(address)
            if url.scheme not in PORTS:
                return False
            visit = Visit(url.hostname or "", url.path or "/", tls=url.scheme == "https")
            try:
                found, _ = await self._route(visit)
            except Unreachable:
                return False
            if isinstance(found, Response):
                return False
            return found.namespace == binder.namespace and found.selector.get("component") == PROXY

        return leads_to_hub


def _with_headers(answer: Response, headers: dict[str, str]) -> Response:
    """Return an answer with more headers; some answers are constants."""
    if not headers:
        return answer
    return Response(answer.body, answer.status_code, {**answer.headers, **headers})
