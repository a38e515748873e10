"""What the internet finds under `<label>.<region>.cloudapp.azure.com` and under own domains' names for it.

A name leads somewhere only while some cluster's Service carries its label, an address and pods behind it: the
proof that a deployment works has to fail when one of these is missing. Where the pods are Traefik's, the live
Ingresses say where it goes from there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from sandbox.hub.addresses import Door, PublicAddresses
from sandbox.hub.binderhub import BinderFace, HubFace
from sandbox.hub.ingress.traefik import Traefik, Visit
from sandbox.hub.release_reader import LiveRelease
from sandbox.hub.solver import SOLVER_LABEL, SolverFace
from sandbox.network.dns import Names
from sandbox.network.unreachable import Unreachable

if TYPE_CHECKING:
    import ssl

    from starlette.types import Receive, Scope, Send

    from sandbox.hub.addresses import LabelHolders
    from sandbox.hub.binderhub import CheckLogin, LeadsToHub

PORTS = {"http": 80, "https": 443}
BINDER, PROXY = "binder", "proxy"


class PublicFace:
    """The ASGI application for `*.cloudapp.azure.com` and the names that are aliases of these.

    Args:
        clusters: all clusters of the sandbox.
        check_login: whether a registry accepts a login.
        names: the aliases; none by default.

    """

    def __init__(self, clusters: LabelHolders, check_login: CheckLogin, names: Names | None = None) -> None:
        self._addresses = PublicAddresses(clusters, names or Names())
        self._check_login = check_login

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; what is no request (lifespan) is none of ours."""
        if scope["type"] != "http":
            return
        response = await self._answer(Request(scope))
        await response(scope, receive, send)

    async def tls_context(self, host: str) -> ssl.SSLContext | None:
        """Return the TLS context that a host shows now, None for one that isn't the hub's.

        Raises:
            Unreachable: the name does not exist, or nothing takes a connection there.

        """
        if not self._addresses.is_public(host):
            return None
        try:
            traefik = await Traefik.behind(await self._addresses.reach(host, PORTS["https"]))
            return await traefik.tls_context(host) if traefik else None
        except httpx.TransportError:
            raise Unreachable(504, "The cluster behind this name does not run.") from None

    async def _answer(self, request: Request) -> Response:
        url = request.url
        visit = Visit(url.hostname or "", url.path, url.query, request.method, url.scheme == "https")
        try:
            found = await self._find(visit)
            return found if isinstance(found, Response) else await self._answer_of(found, visit)
        except Unreachable as unreachable:
            return PlainTextResponse(f"{unreachable}\n", status_code=unreachable.status)
        except httpx.TransportError:
            return PlainTextResponse("The cluster behind this name does not run.\n", status_code=504)

    async def _find(self, visit: Visit) -> Door | Response:
        """Follow a request to the pods that answer it, or to what Traefik answers before them.

        Raises:
            Unreachable: the name has no address, or nothing takes the connection there.

        """
        door = await self._addresses.reach(visit.host, PORTS["https" if visit.tls else "http"])
        traefik = await Traefik.behind(door)
        return await traefik.route(visit) if traefik else door

    async def _answer_of(self, door: Door, visit: Visit) -> Response:
        """Let the pods answer: who they are depends on what the Service selects, not on its name."""
        label, value = SOLVER_LABEL
        if door.selector.get(label) == value:
            return SolverFace(await door.arguments()).answer(visit.host, visit.path)
        release = LiveRelease(door.api, door.namespace)
        component = door.selector.get("component", "")
        if component == BINDER:
            face = BinderFace(release, self._check_login, self._leads_to_hub_of(door))
            return await face.answer(visit.path)
        if component == PROXY:
            return await HubFace(release).answer(visit.path)
        raise Unreachable(503, f"The sandbox does not know what the pods {component!r} answer.")

    def _leads_to_hub_of(self, binder: Door) -> LeadsToHub:
        async def leads_to_hub(address: str) -> bool:
            url = urlsplit(address)
            if url.scheme not in PORTS:
                return False
            visit = Visit(url.hostname or "", url.path or "/", tls=url.scheme == "https")
            try:
                found = await self._find(visit)
            except Unreachable:
                return False
            if isinstance(found, Response):
                return False
            return found.namespace == binder.namespace and found.selector.get("component") == PROXY

        return leads_to_hub
