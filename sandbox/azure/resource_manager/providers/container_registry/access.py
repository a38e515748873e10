"""Tokens of a registry's host: for a user name and password, or for a token of Azure that is exchanged.

A token that was exchanged allows what the roles of its principal allow; that of a password is only asked for
to check the login.
"""

from __future__ import annotations

import base64
import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from starlette.responses import JSONResponse

from sandbox.azure.resource_manager.providers.container_registry.tokens import accepts_login

if TYPE_CHECKING:
    from starlette.requests import Request

    from sandbox.azure.identity.directory import Principal
    from sandbox.azure.resource_manager.core.services import Services
    from sandbox.azure.resource_manager.core.state import Resource

ACCESS_TOKEN_SECONDS = 4500
_REGISTRY = "Microsoft.ContainerRegistry/registries"
# What each access to a registry needs, where attribute-based permissions are off.
RIGHTS = {
    "catalog": f"{_REGISTRY}/pull/read",
    "pull": f"{_REGISTRY}/pull/read",
    "metadata_read": f"{_REGISTRY}/pull/read",
    "push": f"{_REGISTRY}/push/write",
    "delete": f"{_REGISTRY}/artifacts/delete",
}


@dataclass(frozen=True)
class _Issued:
    """A token that was issued: until when, and in whose name where it was exchanged."""

    expires: float
    principal: Principal | None = None


class Access:
    """The tokens of one registry.

    Args:
        services: directory and rights, by which tokens of Azure are judged.
        registry: the registry.

    """

    def __init__(self, services: Services, registry: Resource) -> None:
        self._services = services
        self._registry = registry
        self._host = registry.properties["loginServer"]
        self._issued: dict[str, _Issued] = {}

    async def exchange(self, request: Request) -> JSONResponse:
        """Exchange an access token of Azure for a refresh token, `POST /oauth2/exchange`."""
        form = dict(parse_qsl((await request.body()).decode()))
        principal = self._services.directory.principal_of(form.get("access_token", ""))
        if form.get("grant_type") != "access_token" or principal is None:
            return self.refusal()
        return JSONResponse({"refresh_token": self._issue(principal)})

    async def token(self, request: Request) -> JSONResponse:
        """Issue an access token for a user name and password or a refresh token, `/oauth2/token`."""
        username, password = basic(request)
        if request.method == "POST":
            form = dict(parse_qsl((await request.body()).decode()))
            if form.get("grant_type") == "refresh_token":
                known = self._known(form.get("refresh_token", ""))
                return self._access_token(known.principal) if known else self.refusal()
            username, password = form.get("username", username), form.get("password", password)
        if not accepts_login(self._services.state, self._registry, username, password):
            return self.refusal()
        return self._access_token(None)

    def admits(self, request: Request, access: str) -> bool:
        """Return whether a request may have an access ("pull", "push", "delete", "catalog", …)."""
        kind, _, value = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer":
            return accepts_login(self._services.state, self._registry, *basic(request))
        known = self._known(value)
        if known is None or known.principal is None:
            return known is not None
        return self._services.rights.allows(known.principal, RIGHTS[access], str(self._registry.id))

    def refusal(self) -> JSONResponse:
        """Return the answer to a request without a right."""
        refusal = error(
            401,
            "UNAUTHORIZED",
            "authentication required, visit https://aka.ms/acr/authorization for more information.",
        )
        challenge = f'Bearer realm="https://{self._host}/oauth2/token",service="{self._host}"'
        refusal.headers["WWW-Authenticate"] = challenge
        return refusal

    def _access_token(self, principal: Principal | None) -> JSONResponse:
        return JSONResponse({"access_token": self._issue(principal), "expires_in": ACCESS_TOKEN_SECONDS})

    def _issue(self, principal: Principal | None) -> str:
        issued = secrets.token_urlsafe(200)
        self._issued[issued] = _Issued(time.monotonic() + ACCESS_TOKEN_SECONDS, principal)
        return issued

    def _known(self, token: str) -> _Issued | None:
        known = self._issued.get(token)
        return known if known is not None and known.expires > time.monotonic() else None


def basic(request: Request) -> tuple[str, str]:
    """Return user name and password of a Basic login, empty for none."""
    kind, _, value = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        return "", ""
    try:
        username, _, password = base64.b64decode(value).decode().partition(":")
    except ValueError:
        return "", ""
    return username, password


def error(status: int, code: str, message: str) -> JSONResponse:
    """Return an error as registries write it."""
    headers = {"Docker-Distribution-Api-Version": "registry/2.0"}
    body = {"errors": [{"code": code, "message": message, "detail": None}]}
    return JSONResponse(body, status_code=status, headers=headers)
