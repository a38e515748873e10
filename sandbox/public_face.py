"""What the internet finds under `<label>.<region>.cloudapp.azure.com`.

A name leads somewhere only while some cluster's Service carries its label, an address and pods behind it: the
proof that a deployment works has to fail when one of these is missing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

import httpx
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from sandbox.binder_face import BinderFace, HubFace
from sandbox.live_release import LiveRelease

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from sandbox.binder_face import CheckLogin, LeadsToHub

PUBLIC_NAME = re.compile(r"(?P<label>[a-z0-9-]+)\.(?P<location>[a-z0-9]+)\.cloudapp\.azure\.com")
PORTS = {"http": 80, "https": 443}
BINDER, PROXY = "binder", "proxy"


class _Cluster(Protocol):
    @property
    def api(self) -> httpx.AsyncClient: ...


class LabelHolders(Protocol):
    """Knows which Service has which DNS label."""

    def holder_of_label(self, location: str, label: str) -> tuple[_Cluster, str, str] | None:
        """Return cluster, namespace and name of the Service whose address has the label."""


class Unreachable(Exception):  # noqa: N818 - not an error of the sandbox: the answer is the point
    """A connection that the internet would not make.

    Attributes:
        status: what an HTTP proxy answers in its place.

    """

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


class PublicFace:
    """The ASGI application for `*.cloudapp.azure.com`.

    Args:
        clusters: all clusters of the sandbox.
        check_login: whether a registry accepts a login.

    """

    def __init__(self, clusters: LabelHolders, check_login: CheckLogin) -> None:
        self._clusters = clusters
        self._check_login = check_login

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; what is no request (lifespan) is none of ours."""
        if scope["type"] != "http":
            return
        response = await self._answer(Request(scope))
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        try:
            release, service = await self._find(request.url.hostname or "", PORTS[request.url.scheme])
            return await self._face(release, service).answer(request.url.path)
        except Unreachable as unreachable:
            return PlainTextResponse(f"{unreachable}\n", status_code=unreachable.status)
        except httpx.TransportError:
            return PlainTextResponse("The cluster behind this name does not run.\n", status_code=504)

    async def _find(self, host: str, port: int) -> tuple[LiveRelease, dict[str, Any]]:
        """Return the Service that a connection to a host ends at.

        Raises:
            Unreachable: the name has no address, or nothing takes the connection there.

        """
        name = PUBLIC_NAME.fullmatch(host)
        holder = self._clusters.holder_of_label(name["location"], name["label"]) if name else None
        if holder is None:
            raise Unreachable(502, f"The name {host} does not exist.")
        cluster, namespace, service_name = holder
        release = LiveRelease(cluster.api, namespace)
        service = await release.service(service_name)
        if not service or not service.get("status", {}).get("loadBalancer", {}).get("ingress"):
            raise Unreachable(502, f"The name {host} does not exist.")
        if port not in [opened["port"] for opened in service["spec"]["ports"]]:
            raise Unreachable(504, f"{host} does not answer on port {port}.")
        if not await release.has_ready_pods(service_name):
            raise Unreachable(503, f"No pod is ready behind {host}.")
        return release, service

    def _face(self, release: LiveRelease, service: dict[str, Any]) -> BinderFace | HubFace:
        """Return who answers: that depends on the pods that the Service selects, not on its name."""
        component = _component(service)
        if component == BINDER:
            return BinderFace(release, self._check_login, self._leads_to_hub_of(service))
        if component == PROXY:
            return HubFace(release)
        raise Unreachable(503, f"The sandbox does not know what the pods {component!r} answer.")

    def _leads_to_hub_of(self, binder: dict[str, Any]) -> LeadsToHub:
        namespace = binder["metadata"]["namespace"]

        async def leads_to_hub(address: str) -> bool:
            url = urlsplit(address)
            try:
                _, service = await self._find(url.hostname or "", PORTS.get(url.scheme, 0))
            except Unreachable:
                return False
            same_release: bool = service["metadata"]["namespace"] == namespace
            return same_release and _component(service) == PROXY

        return leads_to_hub


def _component(service: dict[str, Any]) -> str:
    """Return which part of the release a Service's pods are."""
    return str(service["spec"].get("selector", {}).get("component", ""))
