"""Logins at registries: accepted and refused as BinderHub's health check would find."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox.hub.registry_logins import RegistryLogins
from sandbox.hub.release_reader import DOCKER_HUB, RegistryLogin
from sandbox.internet.docker_hub import PASSWORD, USERNAME, docker_hub_hosts

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp

HOST = "demo.azurecr.io"
BASIC = f"Basic {b64encode(b'user:right').decode()}"


async def _manifest(request: Request) -> JSONResponse:
    if request.headers["authorization"] == "Bearer good":
        return JSONResponse({}, status_code=404)
    challenge = f'Bearer realm="https://{HOST}/oauth2/token",service="{HOST}",scope=""'
    return JSONResponse({}, status_code=401, headers={"WWW-Authenticate": challenge})


async def _token(request: Request) -> JSONResponse:
    right = request.headers["authorization"] == BASIC and request.query_params["service"] == HOST
    return JSONResponse({"access_token": "good"}) if right else JSONResponse({}, status_code=401)


@pytest.fixture
def logins() -> RegistryLogins:
    routes = [Route("/v2/{image}/manifests/{tag}", _manifest), Route("/oauth2/token", _token)]
    apps: dict[str, ASGIApp] = {HOST: Starlette(routes=routes), **docker_hub_hosts()}

    def app_of(host: str) -> ASGIApp | None:
        return apps.get(host)

    return RegistryLogins(app_of)


@pytest.mark.parametrize(("password", "accepted"), [("right", True), ("wrong", False)])
async def test_a_registry_that_wants_a_token_gets_one(
    logins: RegistryLogins,
    password: str,
    accepted: bool,  # noqa: FBT001
) -> None:
    assert await logins(RegistryLogin(f"https://{HOST}", "user", password)) is accepted


@pytest.mark.parametrize(("password", "accepted"), [(PASSWORD, True), ("wrong", False)])
async def test_docker_hub_knows_its_account(
    logins: RegistryLogins,
    password: str,
    accepted: bool,  # noqa: FBT001
) -> None:
    assert await logins(RegistryLogin(DOCKER_HUB, USERNAME, password)) is accepted


async def test_a_registry_that_does_not_exist_accepts_nobody(logins: RegistryLogins) -> None:
    assert not await logins(RegistryLogin("https://gone.azurecr.io", "user", "right"))


@pytest.mark.parametrize(("password", "status"), [(PASSWORD, 200), ("wrong", 401)])
async def test_docker_hubs_web_site_checks_logins_too(password: str, status: int) -> None:
    transport = httpx.ASGITransport(docker_hub_hosts()["hub.docker.com"])
    async with httpx.AsyncClient(transport=transport, base_url="https://hub.docker.com") as client:
        answer = await client.post("/v2/users/login", json={"username": USERNAME, "password": password})
    assert answer.status_code == status
