"""Checks a registry login as the health check of BinderHub does.

The registries are hosts of the sandbox, called inside the process, since BinderHub's pods have no network
here.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx

from sandbox.hub.release_reader import DOCKER_HUB

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from starlette.types import ASGIApp

    from sandbox.hub.release_reader import RegistryLogin

SOME_IMAGE = "some-image-name"
DOCKER_HUB_TOKENS = "https://auth.docker.io/token?service=registry.docker.io"


class RegistryLogins:
    """Checks logins at registries.

    Args:
        app_of: returns the application of a host, None for a host that does not exist.

    """

    def __init__(self, app_of: Callable[[str], ASGIApp | None]) -> None:
        self._app_of = app_of

    async def __call__(self, login: RegistryLogin) -> bool:
        """Return whether a registry accepts a login, with which it is asked for an image that it has not."""
        if login.address == DOCKER_HUB:
            return await self._token(DOCKER_HUB_TOKENS, login) is not None
        url = f"{login.address}/v2/{SOME_IMAGE}/manifests/12345"
        answer = await self._get(url, httpx.BasicAuth(login.username, login.password))
        if answer is not None and answer.status_code == HTTPStatus.UNAUTHORIZED:
            answer = await self._answer_to_challenge(url, login, answer.headers.get("www-authenticate", ""))
        return answer is not None and answer.status_code in {HTTPStatus.OK, HTTPStatus.NOT_FOUND}

    async def _answer_to_challenge(
        self, url: str, login: RegistryLogin, challenge: str
    ) -> httpx.Response | None:
        """Fetch the token that the challenge asks for, and repeat the request with it."""
        parameters = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
        if not challenge.lower().startswith("bearer ") or not {"realm", "service"} <= parameters.keys():
            return None
        token = await self._token(f"{parameters['realm']}?service={parameters['service']}", login)
        return await self._get(url, _Bearer(token)) if token else None

    async def _token(self, url: str, login: RegistryLogin) -> str | None:
        answer = await self._get(url, httpx.BasicAuth(login.username, login.password))
        if answer is None or answer.status_code != HTTPStatus.OK:
            return None
        body = answer.json()
        token: str | None = body.get("token") or body.get("access_token")
        return token

    async def _get(self, url: str, auth: httpx.Auth) -> httpx.Response | None:
        app = self._app_of(urlsplit(url).hostname or "")
        if app is None:
            return None
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
            return await client.get(url, auth=auth)


class _Bearer(httpx.Auth):
    """Authentication by a bearer token."""

    def __init__(self, token: str) -> None:
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Add the Authorization header."""
        request.headers["Authorization"] = f"Bearer {self._token}"
        yield request
