"""The login endpoints of Docker Hub.

There is one account, with which tests sign in; any other login is refused.
"""

from __future__ import annotations

import secrets
from base64 import b64decode
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp

USERNAME = "sandboxer"
PASSWORD = "dckr_pat_of_the_sandbox"


def docker_hub_hosts() -> dict[str, ASGIApp]:
    """Return the application of each host of Docker Hub that checks logins."""
    token = Starlette(routes=[Route("/token", _pull_token)])
    web = Starlette(
        routes=[Route(path, _web_token, methods=["POST"]) for path in ("/v2/users/login", "/v2/auth/token")]
    )
    return {"auth.docker.io": token, "hub.docker.com": web}


async def _pull_token(request: Request) -> JSONResponse:
    """Issue a pull token, without a login or for the right one."""
    kind, _, encoded = request.headers.get("authorization", "").partition(" ")
    if kind:
        username, _, password = b64decode(encoded).decode(errors="replace").partition(":")
        if (username, password) != (USERNAME, PASSWORD):
            return JSONResponse(
                {"details": "incorrect username or password"}, status_code=HTTPStatus.UNAUTHORIZED
            )
    token = secrets.token_urlsafe(48)
    return JSONResponse({"token": token, "access_token": token, "expires_in": 300})


async def _web_token(request: Request) -> JSONResponse:
    """Issue a token of the web API, whose logins have an older and a newer form."""
    given = await request.json()
    login = (given.get("username") or given.get("identifier"), given.get("password") or given.get("secret"))
    if login != (USERNAME, PASSWORD):
        return JSONResponse(
            {"detail": "Incorrect authentication credentials"}, status_code=HTTPStatus.UNAUTHORIZED
        )
    token = secrets.token_urlsafe(48)
    return JSONResponse({"token": token, "access_token": token})
