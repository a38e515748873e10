"""What people who signed in can do at JupyterHub beside BinderHub: by their tokens, and on its pages."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from deployer.helm.values import LONGEST_REQUEST
from tests.deployer.hubs import AZURE_NAMES, names_of
from tests.hub.conftest import ON_GITHUB
from tests.hub.hubs import active_in

if TYPE_CHECKING:
    from tests.hub.hubs import Hub

pytestmark = pytest.mark.asyncio(loop_scope="session")

PATIENCE_SECONDS = 60
ANY_IMAGE = {"image": "registry.example/anything:1"}
# Grace is the administrator, Ada and Jane are people like all others.
EVERYONE = pytest.mark.parametrize("person", ["jane_acme", "grace"])


async def token_of(hub: Hub, person: str, **wishes: Any) -> httpx.Response:
    """Let a person who signed in make a token on the page for that."""
    async with hub.browser(person) as browser:
        await browser.get("/hub/oauth_login", params={"next": "/hub/token"})
        return await browser.post(
            f"/hub/api/users/{person}/tokens", json=wishes, headers={"X-XSRFToken": browser.cookies["_xsrf"]}
        )


async def own_token(hub: Hub, person: str) -> str:
    """Return a token with all rights of a person."""
    return str((await token_of(hub, person)).raise_for_status().json()["token"])


async def active(hub: Hub, person: str, wanted: frozenset[str] = frozenset()) -> set[str]:
    """Return the sessions of a person that run or start, once these are as wanted."""
    return active_in(await hub.servers_when(person, lambda found: active_in(found) == wanted))


@EVERYONE
async def test_no_token_starts_an_image_of_its_owners_choice(github: Hub, person: str) -> None:
    token = await own_token(github, person)
    for path in (f"/users/{person}/server", f"/users/{person}/servers/mine", "/users/marie/servers/mine"):
        answer = await github.ask("POST", path, ANY_IMAGE, token=token)
        assert answer.status_code in {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}, path
    assert await active(github, person) == set()


@EVERYONE
async def test_nobody_can_give_a_token_the_right_to_start_servers(github: Hub, person: str) -> None:
    refused = await token_of(github, person, scopes=["servers"])
    assert refused.status_code == HTTPStatus.BAD_REQUEST
    assert "not held by" in refused.text


@EVERYONE
async def test_the_pages_of_the_hub_start_nothing_either(github: Hub, person: str) -> None:
    async with github.browser(person) as browser:
        await browser.get("/hub/oauth_login", params={"next": "/hub/home"})
        for page in ("/hub/spawn", f"/hub/spawn/{person}/mine?image=registry.example/anything:1"):
            assert (await browser.get(page)).status_code in {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}, page
    assert await active(github, person) == set()


async def test_people_see_and_stop_what_binderhub_started_for_them(github: Hub) -> None:
    token = await own_token(github, "jane_acme")
    assert (await github.launch("jane_acme", "book-1")).is_success
    assert await active(github, "jane_acme", frozenset({"book-1"}))
    seen = (await github.ask("GET", "/user", token=token)).json()
    assert "book-1" in seen["servers"]
    assert "access:servers!user=jane_acme" in seen["scopes"]
    stopped = await github.ask("DELETE", "/users/jane_acme/servers/book-1", {"remove": True}, token=token)
    assert stopped.is_success
    assert await active(github, "jane_acme") == set()


async def test_the_home_page_offers_what_people_can_do(github: Hub) -> None:
    binder_url = names_of(**AZURE_NAMES, **ON_GITHUB).binder_url
    page = (await github.sign_in("jane_acme")).text
    assert f'href="{binder_url}">Open a repository</a>' in page
    assert "stop-server" not in page
    for refused in ("My Server", "/hub/spawn", "new-server", "Named Servers"):
        assert refused not in page
    assert (await github.launch("jane_acme", "book-2")).is_success
    await github.until("jane_acme", {"book-2"})
    page = (await github.sign_in("jane_acme")).text
    assert 'href="/user/jane_acme/book-2/">book-2</a>' in page
    assert 'id="stop-book-2">stop</a>' in page
    await github.ask("DELETE", "/users/jane_acme/servers/book-2", {"remove": True})
    assert await active(github, "jane_acme") == set()


async def test_an_administrator_sees_and_stops_sessions_but_is_nobody_elses(github: Hub) -> None:
    await github.sign_in("marie")
    assert (await github.launch("marie", "seen-1")).is_success
    assert await active(github, "marie", frozenset({"seen-1"}))
    token = await own_token(github, "grace")
    listed = (await github.ask("GET", "/users", token=token)).json()
    assert "seen-1" in {name for user in listed for name in user["servers"]}
    mine = (await github.ask("GET", "/user", token=token)).json()
    assert mine["admin"] is False
    assert [scope for scope in mine["scopes"] if scope.startswith("access:servers")] == [
        "access:servers!user=grace"
    ]
    for method, path, body in (
        ("POST", "/users/marie/tokens", {}),
        ("PATCH", "/users/grace", {"admin": True}),
        ("POST", "/users/somebody", None),
        ("DELETE", "/users/marie", None),
        ("POST", "/shutdown", {}),
    ):
        refused = await github.ask(method, path, body, token=token)
        assert refused.status_code in {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}, path
    stopped = await github.ask("DELETE", "/users/marie/servers/seen-1", {"remove": True}, token=token)
    assert stopped.is_success
    assert await active(github, "marie") == set()


async def test_metrics_are_for_administrators(github: Hub) -> None:
    async def status(token: str) -> int:
        async with httpx.AsyncClient() as anyone:
            headers = {"Authorization": f"token {token}"} if token else {}
            return (
                await anyone.get(f"http://127.0.0.1:{github.port}/hub/metrics", headers=headers)
            ).status_code

    assert await status("") == HTTPStatus.FORBIDDEN
    assert await status(await own_token(github, "jane_acme")) == HTTPStatus.FORBIDDEN
    assert await status(await own_token(github, "grace")) == HTTPStatus.OK


@pytest.mark.parametrize(
    "body",
    [
        f"Content-Length: {LONGEST_REQUEST + 1}\r\n\r\n",
        f"Transfer-Encoding: chunked\r\n\r\n{LONGEST_REQUEST + 1:x}\r\n",
    ],
)
async def test_a_request_beyond_the_limit_is_refused_before_it_is_read(github: Hub, body: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", github.port)
    writer.write(f"POST /hub/login HTTP/1.1\r\nHost: hub\r\n{body}".encode())
    async with asyncio.timeout(PATIENCE_SECONDS):
        assert (await reader.readline()).startswith(b"HTTP/1.1 400 ")
    writer.close()
