"""What becomes of people who signed in before the list of who may use the hub changed."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest

from tests.deployer.hubs import GITHUB
from tests.hub.hubs import running_hub

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

    from tests.hub.hubs import Hub
    from tests.installations import Installation

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def home(hub: Hub, person: str, cookies: httpx.Cookies) -> httpx.Response:
    """Open the home page with the cookies of an earlier day."""
    async with hub.browser(person) as browser:
        browser.cookies = cookies
        return await browser.get("/hub/home", follow_redirects=False)


async def test_who_is_no_longer_listed_is_out_with_cookies_and_tokens_and_others_stay_signed_in(
    tmp_path: Path, installation: Installation, provider: int
) -> None:
    cookies, tokens = {}, {}
    before = {**GITHUB, "allowed_users": "ada, jane_acme", "allowed_organisations": ""}
    async with running_hub(tmp_path, installation, provider, **before) as hub:
        for person in ("ada", "jane_acme"):
            async with hub.browser(person) as browser:
                await browser.get("/hub/oauth_login", params={"next": "/hub/home"})
                proof = {"_xsrf": browser.cookies.get("_xsrf", path="/hub/") or ""}
                made = await browser.post(f"/hub/api/users/{person}/tokens", params=proof, json={})
                tokens[person] = made.raise_for_status().json()["token"]
                cookies[person] = browser.cookies
    async with running_hub(tmp_path, installation, provider, **{**before, "allowed_users": "ada"}) as hub:
        assert (await home(hub, "ada", cookies["ada"])).status_code == HTTPStatus.OK
        assert (await hub.ask("GET", "/user", token=tokens["ada"])).status_code == HTTPStatus.OK
        assert (await home(hub, "jane_acme", cookies["jane_acme"])).status_code == HTTPStatus.FOUND
        assert (await hub.ask("GET", "/user", token=tokens["jane_acme"])).status_code == HTTPStatus.FORBIDDEN
