"""Answers challenges as an ingress controller does: by the solver's Ingress, Service and pod."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from sandbox.clusters.cluster import Cluster

SOLVERS = {"labelSelector": "acme.cert-manager.io/http01-solver=true"}


@dataclass
class SolverFace:
    """The ASGI app for all public names.

    Attributes:
        cluster: where the solvers are, once it runs.
        missing: names that do not resolve.
        instead: what a name answers in place of the solver's key.

    """

    cluster: Cluster | None = None
    missing: set[str] = field(default_factory=set)
    instead: dict[str, Response] = field(default_factory=dict)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        await (await self._answer(request))(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        host = request.url.hostname or ""
        if host in self.missing:
            return PlainTextResponse(f"The name {host} does not exist.\n", status_code=502)
        if host in self.instead:
            return self.instead[host]
        key = await self._key(host, request.url.path)
        return PlainTextResponse(key) if key else PlainTextResponse("not found", status_code=404)

    async def _key(self, host: str, path: str) -> str | None:
        for ingress in await self._list("/apis/networking.k8s.io/v1/ingresses"):
            (rule,) = ingress["spec"]["rules"]
            (way,) = rule["http"]["paths"]
            ours = ingress["spec"].get("ingressClassName") == "traefik"
            if ours and (rule["host"], way["path"]) == (host, path):
                return await self._pod_behind(ingress, way["backend"]["service"])
        return None

    async def _pod_behind(self, ingress: dict[str, Any], backend: dict[str, Any]) -> str | None:
        """Return the key of the running pod behind an Ingress's Service, None while there is none."""
        namespace = ingress["metadata"]["namespace"]
        services = await self._list(f"/api/v1/namespaces/{namespace}/services")
        service = next(found for found in services if found["metadata"]["name"] == backend["name"])
        assert backend["port"]["number"] in [port["port"] for port in service["spec"]["ports"]]
        for pod in await self._list(f"/api/v1/namespaces/{namespace}/pods"):
            chosen = service["spec"]["selector"].items() <= pod["metadata"]["labels"].items()
            if chosen and pod["status"]["phase"] == "Running":
                arguments: list[str] = pod["spec"]["containers"][0]["args"]
                return next(one.removeprefix("--key=") for one in arguments if one.startswith("--key="))
        return None

    async def _list(self, path: str) -> list[dict[str, Any]]:
        assert self.cluster is not None
        answer = await self.cluster.api.get(path, params=SOLVERS)
        return list(answer.raise_for_status().json()["items"])
