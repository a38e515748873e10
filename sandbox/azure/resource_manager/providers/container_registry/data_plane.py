"""The endpoints of `<registry>.azurecr.io`: the login of the Docker registry protocol, and no images."""

from __future__ import annotations

import base64
import secrets
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox.azure.resource_manager.providers.container_registry.tokens import accepts_login

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp

    from sandbox.azure.resource_manager.core.state import Resource, State

ACCESS_TOKEN_SECONDS = 4500


def registry_app(state: State, registry: Resource) -> ASGIApp:
    """Return the ASGI application of a registry's host."""
    endpoints = _Endpoints(state, registry)
    routes = [
        Route("/oauth2/token", endpoints.token, methods=["GET", "POST"]),
        Route("/v2/", endpoints.version),
        Route("/v2/_catalog", endpoints.catalog),
        Route("/v2/{repository:path}/manifests/{reference}", endpoints.manifest),
    ]
    return Starlette(routes=routes)


class _Endpoints:
    """The endpoints of a registry.

    Args:
        state: where its tokens are.
        registry: the registry.

    """

    def __init__(self, state: State, registry: Resource) -> None:
        self._state = state
        self._registry = registry
        self._host = registry.properties["loginServer"]
        self._issued: dict[str, float] = {}

    async def token(self, request: Request) -> JSONResponse:
        """Issue an access token for a user name and password, given as Basic or in a form."""
        username, password = _basic(request)
        if request.method == "POST":
            form = dict(parse_qsl((await request.body()).decode()))
            username, password = form.get("username", username), form.get("password", password)
        if not accepts_login(self._state, self._registry, username, password):
            return self._refusal()
        access = secrets.token_urlsafe(200)
        self._issued[access] = time.monotonic() + ACCESS_TOKEN_SECONDS
        return JSONResponse({"access_token": access, "expires_in": ACCESS_TOKEN_SECONDS})

    async def version(self, request: Request) -> JSONResponse:
        """Answer the check of a login, `/v2/`."""
        return JSONResponse({}) if self._admits(request) else self._refusal()

    async def catalog(self, request: Request) -> JSONResponse:
        """List the repositories: there are none, since no image can be pushed."""
        return JSONResponse({"repositories": []}) if self._admits(request) else self._refusal()

    async def manifest(self, request: Request) -> JSONResponse:
        """Answer that there is no manifest, since no image can be pushed."""
        if not self._admits(request):
            return self._refusal()
        reference = request.path_params["reference"]
        return _errors(404, "MANIFEST_UNKNOWN", f'manifest tagged by "{reference}" is not found')

    def _admits(self, request: Request) -> bool:
        kind, _, value = request.headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer":
            return self._issued.get(value, 0) > time.monotonic()
        return accepts_login(self._state, self._registry, *_basic(request))

    def _refusal(self) -> JSONResponse:
        refusal = _errors(
            401,
            "UNAUTHORIZED",
            "authentication required, visit https://aka.ms/acr/authorization for more information.",
        )
        challenge = f'Bearer realm="https://{self._host}/oauth2/token",service="{self._host}"'
        refusal.headers["WWW-Authenticate"] = challenge
        return refusal


def _basic(request: Request) -> tuple[str, str]:
    """Return user name and password of a Basic login, empty for none."""
    kind, _, value = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        return "", ""
    try:
        username, _, password = base64.b64decode(value).decode().partition(":")
    except ValueError:
        return "", ""
    return username, password


def _errors(status: int, code: str, message: str) -> JSONResponse:
    error: dict[str, Any] = {"code": code, "message": message, "detail": None}
    headers = {"Docker-Distribution-Api-Version": "registry/2.0"}
    return JSONResponse({"errors": [error]}, status_code=status, headers=headers)
