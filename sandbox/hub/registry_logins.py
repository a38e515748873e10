"""Tries a login at a registry as BinderHub's own health check does.

The registries are the sandbox's own hosts, asked in the process: the page's pods have no network here.
"""

from __future__ import annotations

import re
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
OK, UNAUTHORIZED, NOT_FOUND = 200, 401, 404


class RegistryLogins:
    """Whether registries accept logins.

    Args:
        app_of: returns the application behind a host, None for a host that does not exist.

    """

    def __init__(self, app_of: Callable[[str], ASGIApp | None]) -> None:
        self._app_of = app_of

    async def __call__(self, login: RegistryLogin) -> bool:
        """Ask for an image that nobody has; that it isn't there is a good answer."""
        if login.address == DOCKER_HUB:
            return await self._token(DOCKER_HUB_TOKENS, login) is not None
        url = f"{login.address}/v2/{SOME_IMAGE}/manifests/12345"
        answer = await self._get(url, httpx.BasicAuth(login.username, login.password))
        if answer is not None and answer.status_code == UNAUTHORIZED:
            answer = await self._answer_to_challenge(url, login, answer.headers.get("www-authenticate", ""))
        return answer is not None and answer.status_code in {OK, NOT_FOUND}

    async def _answer_to_challenge(
        self, url: str, login: RegistryLogin, challenge: str
    ) -> httpx.Response | None:
        """Fetch the token that a refusal asks for, and try again."""
        asked = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
        if not challenge.lower().startswith("bearer ") or not {"realm", "service"} <= asked.keys():
            return None
        token = await self._token(f"{asked['realm']}?service={asked['service']}", login)
        return await self._get(url, _Bearer(token)) if token else None

    async def _token(self, url: str, login: RegistryLogin) -> str | None:
        answer = await self._get(url, httpx.BasicAuth(login.username, login.password))
        if answer is None or answer.status_code != OK:
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
    def __init__(self, token: str) -> None:
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Add the header."""
        request.headers["Authorization"] = f"Bearer {self._token}"
        yield request
