"""Registries, scope maps, tokens, and the login at the registry's own host."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest

if TYPE_CHECKING:
    from tests.sandbox.azure.resource_manager.conftest import World

SUBSCRIPTION = "/subscriptions/5ab0ca5e-0000-4000-8000-000000000001"
REGISTRY = f"{SUBSCRIPTION}/resourceGroups/hub/providers/Microsoft.ContainerRegistry/registries/hubImages"
HOST = "hubimages.azurecr.io"
VERSION = "2025-11-01"
BODY = {"location": "westeurope", "sku": {"name": "Basic"}, "properties": {"adminUserEnabled": False}}
ACTIONS = ["repositories/hub/*/content/read", "repositories/hub/*/content/write"]


async def token_of(world: World, **generated: str) -> dict[str, Any]:
    """A registry with a token; the passwords as they are told, generated as asked for."""
    await world.make(REGISTRY, BODY, VERSION)
    await world.make(f"{REGISTRY}/scopeMaps/hubScope", {"properties": {"actions": ACTIONS}}, VERSION)
    properties = {"scopeMapId": f"{REGISTRY}/scopeMaps/hubScope", "status": "enabled"}
    await world.make(f"{REGISTRY}/tokens/hubToken", {"properties": properties}, VERSION)
    wanted = {"tokenId": f"{REGISTRY}/tokens/hubToken", **generated}
    begun = await world.post(f"{REGISTRY}/generateCredentials", VERSION, wanted)
    assert begun.status_code == 202
    async for answer in world.polls(begun.headers["Location"]):
        final = answer
    told: dict[str, Any] = final.json()
    return told


def registry(world: World) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(world.hosts.apps[HOST])
    return httpx.AsyncClient(transport=transport, base_url=f"https://{HOST}")


@pytest.mark.parametrize("time_scale", [0.002])
async def test_every_poll_of_a_creation_tells_a_new_url(world: World) -> None:
    begun = await world.put(REGISTRY, BODY, VERSION)
    first = begun.headers["Azure-AsyncOperation"]
    poll = await world.client(world.owner).get(first)
    assert (begun.status_code, begun.json()["properties"]["provisioningState"]) == (201, "Creating")
    assert poll.json()["status"] == "Creating"
    assert poll.headers["Azure-AsyncOperation"] != first
    assert HOST not in world.hosts.apps


async def test_a_registry_answers_at_its_login_server(world: World) -> None:
    made = await world.make(REGISTRY, BODY, VERSION)
    assert made["properties"]["loginServer"] == HOST
    answer = await registry(world).get("/v2/")
    assert answer.status_code == 401
    assert (
        answer.headers["www-authenticate"] == f'Bearer realm="https://{HOST}/oauth2/token",service="{HOST}"'
    )


async def test_a_tokens_password_signs_in(world: World) -> None:
    told = await token_of(world)
    await world.manager.host.services.clock.spend("registry.token")
    login = (told["username"], told["passwords"][0]["value"])
    granted = await registry(world).get("/oauth2/token", params={"service": HOST}, auth=login)
    bearer = {"Authorization": f"Bearer {granted.json()['access_token']}"}
    assert (await registry(world).get("/v2/", headers=bearer)).status_code == 200
    assert (await registry(world).get("/v2/", auth=login)).status_code == 200


async def test_a_login_by_form_works_too(world: World) -> None:
    told = await token_of(world)
    await world.manager.host.services.clock.spend("registry.token")
    form = {"grant_type": "password", "service": HOST, "username": "hubToken"}
    form["password"] = told["passwords"][1]["value"]
    assert (await registry(world).post("/oauth2/token", data=form)).status_code == 200


@pytest.mark.parametrize("time_scale", [0.01])
async def test_a_fresh_password_does_not_work_at_once(world: World) -> None:
    told = await token_of(world)
    login = (told["username"], told["passwords"][0]["value"])
    assert (await registry(world).get("/v2/", auth=login)).status_code == 401


async def test_a_wrong_password_is_refused(world: World) -> None:
    await token_of(world)
    assert (await registry(world).get("/oauth2/token", auth=("hubToken", "wrong"))).status_code == 401


async def test_passwords_are_told_once(world: World) -> None:
    told = await token_of(world)
    shown = await world.get(f"{REGISTRY}/tokens/hubToken", VERSION)
    assert [each["name"] for each in shown.json()["properties"]["credentials"]["passwords"]] == [
        "password1",
        "password2",
    ]
    for password in told["passwords"]:
        assert password["value"] not in shown.text + str(world.manager.dump())


@pytest.mark.parametrize(
    "action",
    [
        "repositories/*/hub/content/read",
        "repositories/hub/content/push",
        "hub/content/read",
        "repositories/h*/content/read",
    ],
)
async def test_a_scope_maps_wildcard_ends_the_name(world: World, action: str) -> None:
    await world.make(REGISTRY, BODY, VERSION)
    body = {"properties": {"actions": [action]}}
    answer = await world.put(f"{REGISTRY}/scopeMaps/hubScope", body, VERSION)
    assert answer.json()["error"]["code"] == "InvalidScopeMapAction"


async def test_a_token_needs_a_scope_map_that_is_there(world: World) -> None:
    await world.make(REGISTRY, BODY, VERSION)
    body = {"properties": {"scopeMapId": f"{REGISTRY}/scopeMaps/absent"}}
    answer = await world.put(f"{REGISTRY}/tokens/hubToken", body, VERSION)
    assert answer.json()["error"]["code"] == "ScopeMapNotFound"


async def test_a_part_needs_its_registry(world: World) -> None:
    answer = await world.put(f"{REGISTRY}/scopeMaps/hubScope", {"properties": {"actions": ACTIONS}}, VERSION)
    assert answer.json()["error"]["code"] == "ParentResourceNotFound"


async def test_without_admin_user_there_are_no_admin_credentials(world: World) -> None:
    await world.make(REGISTRY, BODY, VERSION)
    answer = await world.post(f"{REGISTRY}/listCredentials", VERSION)
    assert answer.status_code == 400


async def test_an_admin_user_signs_in(world: World) -> None:
    body = {**BODY, "properties": {"adminUserEnabled": True}}
    await world.make(REGISTRY, body, VERSION)
    credentials = (await world.post(f"{REGISTRY}/listCredentials", VERSION)).json()
    login = (credentials["username"], credentials["passwords"][0]["value"])
    assert (await registry(world).get("/v2/", auth=login)).status_code == 200


@pytest.mark.parametrize(("name", "available"), [("hubimages", False), ("free1", True), ("no-dash", False)])
async def test_a_name_can_be_checked_beforehand(world: World, name: str, available: bool) -> None:  # noqa: FBT001
    await world.make(REGISTRY, BODY, VERSION)
    path = f"{SUBSCRIPTION}/providers/Microsoft.ContainerRegistry/checkNameAvailability"
    answer = await world.post(path, VERSION, {"name": name, "type": "Microsoft.ContainerRegistry/registries"})
    assert answer.json()["nameAvailable"] is available


async def test_deleting_forgets_the_host(world: World) -> None:
    await world.make(REGISTRY, BODY, VERSION)
    await world.delete(REGISTRY, VERSION)
    assert HOST not in world.hosts.apps


@pytest.mark.parametrize(("lifetime", "status"), [(timedelta(hours=1), 200), (timedelta(0), 401)])
async def test_a_password_works_until_it_expires(world: World, lifetime: timedelta, status: int) -> None:
    told = await token_of(world, expiry=(datetime.now(UTC) + lifetime).isoformat())
    await world.manager.host.services.clock.spend("registry.token")
    login = (told["username"], told["passwords"][0]["value"])
    assert (await registry(world).get("/oauth2/token", auth=login)).status_code == status
