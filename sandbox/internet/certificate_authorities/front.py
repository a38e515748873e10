"""An authority's public face: Pebble behind it, and the refusals that Pebble has no words for."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from sandbox.network.forwarder import pass_on

if TYPE_CHECKING:
    import httpx
    from starlette.types import ASGIApp, Receive, Scope, Send

Refusal = Literal["rateLimited", "caa", "rejectedIdentifier", "invalidContact"]
ERROR = "urn:ietf:params:acme:error:"
# Pebble's own addresses.
DIRECTORY, NEW_ACCOUNT, NEW_ORDER = "/dir", "/sign-me-up", "/order-plz"
# What a host seems to answer where CAA forbids the certificate; no server has this status.
FORBIDDEN_BY_CAA = 498
FAILED = f"returned {FORBIDDEN_BY_CAA}"


class AuthorityFront:
    """The ASGI application of an authority's host.

    Args:
        directory: the address that clients know it by.
        pebble: client of the ACME server behind it.

    Attributes:
        directory: the address that clients know it by.
        refusal: what it refuses everybody for at the moment.
        orders: how often a certificate was asked for, refusals included.

    """

    def __init__(self, directory: str, pebble: httpx.AsyncClient) -> None:
        self.directory = directory
        self.refusal: Refusal | None = None
        self.orders = 0
        self._pebble = pebble

    @property
    def host(self) -> str:
        """Its host name."""
        return urlsplit(self.directory).netloc

    async def close(self) -> None:
        """Close the connections to the ACME server."""
        await self._pebble.aclose()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; other ASGI events, such as lifespan, are ignored."""
        if scope["type"] != "http":
            return
        response = await self._answer(Request(scope, receive))
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if request.method == "POST":
            self.orders += request.url.path == NEW_ORDER
            problem = _refusal(request.url.path, self.refusal)
            if problem is not None:
                return problem
        return await self._forward(request)

    async def _forward(self, request: Request) -> Response:
        path = request.url.path
        if path == urlsplit(self.directory).path:
            path = DIRECTORY
        response = await pass_on(self._pebble, request, path)
        if FAILED.encode() in bytes(response.body):
            problems = json.loads(bytes(response.body), object_hook=_with_caa)
            return JSONResponse(problems, response.status_code, _signed(response))
        return response


class Validation:
    """The ASGI application that an authority asks for the answers of hosts, by HTTP-01.

    Args:
        front: the authority's face.
        internet: answers for all hosts.

    """

    def __init__(self, front: AuthorityFront, internet: ASGIApp) -> None:
        self._front = front
        self._internet = internet

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        app = self._internet
        if self._front.refusal == "caa":
            app = PlainTextResponse("", FORBIDDEN_BY_CAA)
        await app(scope, receive, send)


def _refusal(path: str, refusal: Refusal | None) -> Response | None:
    """Return the problem document of a refusal where it applies."""
    if path == NEW_ACCOUNT and refusal == "invalidContact":
        detail = 'Error validating contact(s) :: contact email has forbidden domain "example.org"'
        return _problem("invalidContact", detail, HTTPStatus.BAD_REQUEST)
    if path == NEW_ORDER and refusal == "rejectedIdentifier":
        detail = "Invalid identifiers requested :: Cannot issue: the name is forbidden by policy"
        return _problem("rejectedIdentifier", detail, HTTPStatus.BAD_REQUEST)
    if path == NEW_ORDER and refusal == "rateLimited":
        retry = (datetime.now(UTC) + timedelta(hours=34)).strftime("%Y-%m-%d %H:%M:%S UTC")
        detail = (
            'too many certificates (50) already issued for "azure.com" in the last 168h0m0s, retry after '
            f"{retry}: see https://letsencrypt.org/docs/rate-limits/#new-certificates-per-registered-domain"
        )
        return _problem("rateLimited", detail, HTTPStatus.TOO_MANY_REQUESTS)
    return None


def _problem(kind: str, detail: str, status: HTTPStatus) -> Response:
    document = {"type": f"{ERROR}{kind}", "detail": detail, "status": status}
    return JSONResponse(document, status, media_type="application/problem+json")


def _signed(response: Response) -> dict[str, str]:
    """Return the headers of a response without those of its body."""
    return {name: value for name, value in response.headers.items() if not name.startswith("content-")}


def _with_caa(found: dict[str, Any]) -> dict[str, Any]:
    """Return a JSON object, as a problem of CAA where it is a validation that ended with that status."""
    if FAILED not in str(found.get("detail", "")):
        return found
    host = urlsplit(found["detail"].partition("HTTP: ")[2].split()[0]).hostname or ""
    parent = ".".join(host.split(".")[-2:])
    return {**found, "type": f"{ERROR}caa", "detail": f"CAA record for {parent} prevents issuance"}
