"""What people meet at the hub: who comes in, how many sessions they have, and what ends these."""

from __future__ import annotations

import asyncio
import sys
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import pytest

from tests.hub.configuration import culler_command
from tests.hub.hubs import BINDER_TOKEN, active_in

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.hub.hubs import Hub
    from tests.installations import Installation

pytestmark = pytest.mark.asyncio(loop_scope="session")

GUEST = "9a1b2c3d-0000-4000-8000-00000000000c"


@pytest.mark.parametrize("person", ["ada", "jane_acme", "grace", "marie", "max"])
async def test_who_is_listed_on_github_comes_in_alone_or_by_organisation_or_team(
    github: Hub, person: str
) -> None:
    page = await github.sign_in(person)
    assert (page.status_code, page.url.path) == (HTTPStatus.OK, "/hub/home")
    assert person in page.text


@pytest.mark.parametrize("person", ["mallory", "eve"])
async def test_a_stranger_on_github_reads_whom_to_ask(github: Hub, person: str) -> None:
    page = await github.sign_in(person)
    assert page.status_code == HTTPStatus.FORBIDDEN
    assert "Your account on GitHub may not use this hub." in page.text


@pytest.mark.parametrize(
    ("person", "name"),
    [
        ("ada", "ada@example.org"),
        ("o'neil", "o'neil@example.org"),
        ("member", "member@example.org"),
        ("guest", GUEST),
        ("guest of the group", "9a1b2c3d-0000-4000-8000-00000000000e"),
        ("guest with name", "jane_home.org#ext#@example.onmicrosoft.com"),
    ],
)
async def test_who_is_listed_in_entra_comes_in_guests_and_members_of_groups_too(
    entra: Hub, person: str, name: str
) -> None:
    page = await entra.sign_in(person)
    assert (page.status_code, page.url.path) == (HTTPStatus.OK, "/hub/home")
    assert (await entra.servers(name)) == {}


@pytest.mark.parametrize("person", ["stranger", "unlisted guest"])
async def test_a_stranger_in_entra_reads_whom_to_ask(entra: Hub, person: str) -> None:
    page = await entra.sign_in(person)
    assert page.status_code == HTTPStatus.FORBIDDEN
    assert "may not use this hub. Ask whoever runs the hub" in page.text


async def test_who_has_no_name_at_all_is_refused_in_words(entra: Hub) -> None:
    page = await entra.sign_in("nobody")
    assert page.status_code == HTTPStatus.FORBIDDEN
    assert "Microsoft Entra did not tell this hub who you are." in page.text


@pytest.mark.parametrize("person", ["o'neil", "guest with name", "guest"])
async def test_people_with_unusual_names_have_sessions(entra: Hub, person: str) -> None:
    names = {"o'neil": "o'neil@example.org", "guest": GUEST}
    name = names.get(person, "jane_home.org#ext#@example.onmicrosoft.com")
    await entra.sign_in(person)
    assert (await entra.launch(name, "book-1")).is_success
    assert (await entra.until(name, {"book-1"}))["book-1"]["ready"]


async def test_a_second_link_starts_a_second_session(github: Hub) -> None:
    await github.sign_in("ada")
    for server in ("book-1", "slides-2"):
        assert (await github.launch("ada", server)).is_success
    servers = await github.until("ada", {"book-1", "slides-2"})
    assert all(server["ready"] for server in servers.values())


async def test_nobody_but_binderhub_starts_a_session(github: Hub) -> None:
    async with github.browser("jane_acme") as browser:
        await browser.get("/hub/oauth_login", params={"next": "/hub/home"})
        proof = {"_xsrf": browser.cookies.get("_xsrf", path="/hub/")}
        started = await browser.post("/hub/api/users/jane_acme/server", params=proof, json={"image": "any"})
    assert started.status_code == HTTPStatus.FORBIDDEN
    assert "not authorized with current scopes" in started.text


async def test_many_failed_starts_do_not_end_the_hub_and_do_not_count_as_sessions(github: Hub) -> None:
    await github.sign_in("marie")
    for attempt in range(6):
        # An image that the cluster refuses.
        assert (await github.launch("marie", f"broken-{attempt}", image=" broken")).is_success
        assert await _ended(github, "marie", f"broken-{attempt}")
    assert "Aborting due to" not in github.log.read_text()
    assert (await github.launch("marie", "book-1")).is_success
    assert (await github.until("marie", {"book-1"}))["book-1"]["ready"]


async def test_sessions_that_ended_themselves_are_forgotten_at_the_next_launch(
    github: Hub, installation: Installation
) -> None:
    await github.sign_in("max")
    assert (await github.launch("max", "book-1")).is_success
    assert (await github.until("max", {"book-1"}))["book-1"]["ready"]
    await _end_pods_of(installation, "max")
    assert await _ended(github, "max", "book-1")
    assert (await github.launch("max", "slides-2")).is_success
    assert set(await github.until("max", {"slides-2"})) == {"slides-2"}


# The last test, because it ends all sessions.
async def test_the_culler_removes_the_sessions_that_it_ends(github: Hub) -> None:
    assert (await github.launch("grace", "book-1")).is_success
    assert (await github.until("grace", {"book-1"}))["book-1"]["ready"]
    async with _culler(github):
        assert await github.until("grace", set()) == {}


async def _ended(hub: Hub, person: str, server: str) -> bool:
    """Wait until a server, or its start, has ended."""
    return server not in active_in(
        await hub.servers_when(person, lambda found: server not in active_in(found))
    )


async def _end_pods_of(installation: Installation, person: str) -> None:
    """Let the sessions of a person end as a server does that ends itself."""
    pods: list[dict[str, Any]] = (await installation.get("/api/v1/NAMESPACE/pods"))["items"]
    for pod in pods:
        if pod["metadata"].get("annotations", {}).get("hub.jupyter.org/username") == person:
            path = f"/api/v1/namespaces/our-hub/pods/{pod['metadata']['name']}"
            (await installation.cluster.api.delete(path)).raise_for_status()


@asynccontextmanager
async def _culler(hub: Hub) -> AsyncIterator[None]:
    """Run the culler of the hub without its patience."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "jupyterhub_idle_culler", "--timeout=1", "--cull-every=1"),
        *culler_command(hub.values, f"http://127.0.0.1:{hub.port}"),
        env={"JUPYTERHUB_API_TOKEN": BINDER_TOKEN},
    )
    try:
        yield
    finally:
        process.terminate()
        await process.wait()
