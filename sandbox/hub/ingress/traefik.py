"""Traefik behind its Service: the certificate that it shows, and the backend that it takes a request to."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.responses import PlainTextResponse, Response

from sandbox.hub.addresses import Backend
from sandbox.hub.cluster_reader import ClusterReader
from sandbox.hub.ingress.certificates import KeyPair, default_context
from sandbox.hub.ingress.middlewares import added_headers, middlewares_of
from sandbox.hub.ingress.options import EntryPoint, Redirection, TraefikOptions
from sandbox.hub.ingress.routers import Router, routers_of, served_ingresses

if TYPE_CHECKING:
    import ssl

    Object = dict[str, Any]

POD_LABEL = ("app.kubernetes.io/name", "traefik")
NOT_FOUND = PlainTextResponse("404 page not found\n", status_code=404)
NO_SERVER = PlainTextResponse("no available server\n", status_code=503)
# What the scheme means without saying so.
USUAL_PORTS = {"http": 80, "https": 443}
# For GET; for other methods, which have to stay what they are, see RFC 9110, 15.4.8 and 15.4.9.
MOVED, FOUND, TEMPORARY, PERMANENT = 301, 302, 307, 308


@dataclass(frozen=True)
class Visit:
    """A request as Traefik judges it."""

    host: str
    path: str
    query: str = ""
    method: str = "GET"
    tls: bool = False


class Traefik:
    """Traefik as its pods run now.

    Args:
        service: its Service.
        options: what its pods were started with.

    """

    def __init__(self, service: Backend, options: TraefikOptions) -> None:
        self._service = service
        self._options = options
        self._objects = ClusterReader(service.api)

    @classmethod
    async def behind(cls, service: Backend) -> Traefik | None:
        """Return Traefik if it is what a Service selects, else None."""
        label, value = POD_LABEL
        if service.selector.get(label) != value:
            return None
        return cls(service, TraefikOptions(await service.arguments()))

    async def tls_context(self, host: str) -> ssl.SSLContext:
        """Return the TLS context of the certificate that fits a host best, else of Traefik's own."""
        pairs = [pair for pair in await self._key_pairs() if pair.fit(host) and pair.context()]
        best = max(pairs, key=lambda pair: pair.fit(host), default=None)
        return (best.context() if best else None) or default_context()

    async def route(self, visit: Visit) -> Backend | Response:
        """Return the backend that a request is taken to, or what Traefik answers itself."""
        entry_point = self._options.entry_point_on(self._service.port)
        if entry_point is None:
            return NOT_FOUND
        for router in await self._matching(visit, entry_point):
            if _goes_first(entry_point.redirection, router):
                break
            backend = await self._backend(router)
            if backend is not None:
                return backend
        if entry_point.redirection is not None:
            return _redirect(visit, entry_point.redirection)
        return NOT_FOUND

    async def headers(self, visit: Visit) -> dict[str, str] | None:
        """Return the headers that its middlewares add to a response; None if there is no route for that."""
        entry_point = self._options.entry_point_on(self._service.port)
        if entry_point is None:
            return {}
        known = await middlewares_of(self._service, self._options.directory)
        return added_headers(entry_point, known, tls=visit.tls)

    async def _key_pairs(self) -> list[KeyPair]:
        """Read the certificates of all Secrets that served Ingresses name."""
        named = {
            (ingress["metadata"]["namespace"], entry["secretName"])
            for ingress in await self._ingresses()
            for entry in ingress["spec"].get("tls") or ()
            if entry.get("secretName")
        }
        found = await asyncio.gather(*(self._objects.secret(*secret) for secret in sorted(named)))
        return [
            KeyPair(secret["tls.crt"], secret["tls.key"])
            for secret in found
            if secret.get("tls.crt") and secret.get("tls.key")
        ]

    async def _ingresses(self) -> list[Object]:
        if not self._options.routes_ingresses:
            return []
        ingresses, classes = await asyncio.gather(self._objects.ingresses(), self._objects.ingress_classes())
        return served_ingresses(ingresses, classes, self._options)

    async def _matching(self, visit: Visit, entry_point: EntryPoint) -> list[Router]:
        """Return the routers for a request, the one with the highest priority first."""
        routers = [
            router
            for ingress in await self._ingresses()
            for router in routers_of(ingress, self._options)
            if entry_point.name in router.entry_points
            and (router.tls or entry_point.tls) == visit.tls
            and router.matches(visit.host, visit.path)
        ]
        return sorted(routers, key=lambda router: router.priority, reverse=True)

    async def _backend(self, router: Router) -> Backend | Response | None:
        """Find the pods behind a router; None where Traefik would have made no router at all."""
        service = await self._objects.service(router.namespace, router.backend["name"])
        port = _port(service, router.backend.get("port") or {}) if service else None
        if service is None or port is None:
            return None
        name = port.get("name") or ""
        ready = await self._objects.endpoints(router.namespace, router.backend["name"])
        taking = tuple(endpoint for endpoint in ready if name in endpoint.ports)
        if not taking:
            return NO_SERVER if self._options.serves_empty_services else None
        return Backend(self._service.api, service, taking, taking[0].ports[name])


def _port(service: Object, wanted: Object) -> Object | None:
    """Return the port of a Service that a backend means, by number or by name; None where there is none."""
    if service["spec"].get("type") == "ExternalName":
        return None
    for port in service["spec"]["ports"]:
        if port["port"] == wanted.get("number") or (port.get("name") and port["name"] == wanted.get("name")):
            return dict(port)
    return None


def _goes_first(redirection: Redirection | None, router: Router) -> bool:
    return redirection is not None and redirection.priority > router.priority


def _redirect(visit: Visit, redirection: Redirection) -> Response:
    """Send a visitor to the other scheme, as Traefik's `redirectScheme` does."""
    usual = USUAL_PORTS.get(redirection.scheme) == redirection.port
    port = "" if usual else f":{redirection.port}"
    query = f"?{visit.query}" if visit.query else ""
    if visit.method == "GET":
        status = MOVED if redirection.permanent else FOUND
    else:
        status = PERMANENT if redirection.permanent else TEMPORARY
    location = f"{redirection.scheme}://{visit.host}{port}{visit.path}{query}"
    return Response(status_code=status, headers={"Location": location})
