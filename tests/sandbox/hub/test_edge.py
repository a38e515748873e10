"""The hub's public names: each answers only while the cluster holds what makes it answer."""

from __future__ import annotations

import httpx
import pytest

from sandbox.hub.edge import Edge
from sandbox.hub.release_reader import RegistryLogin
from sandbox.network.dns import Dns
from tests.sandbox.hub.fake_release import FakeRelease

BINDER = "http://demo.westeurope.cloudapp.azure.com"
HUB = "http://demo-hub.westeurope.cloudapp.azure.com"


@pytest.fixture
def release() -> FakeRelease:
    return FakeRelease()


async def get(
    release: FakeRelease, url: str, *, good_login: bool = True, dns: Dns | None = None
) -> httpx.Response:
    async def check_login(login: RegistryLogin) -> bool:
        return good_login and login == RegistryLogin("https://demo.azurecr.io", "demo-images", "pass:word")

    edge = Edge(release, check_login, dns)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(edge)) as client:
        return await client.get(url)


async def failing(release: FakeRelease, *, good_login: bool = True) -> list[str]:
    answer = await get(release, f"{BINDER}/health", good_login=good_login)
    checks = [check["service"] for check in answer.json()["checks"] if not check["ok"]]
    assert answer.json()["ok"] is (answer.status_code == 200)
    return checks


async def test_the_page_tells_its_versions(release: FakeRelease) -> None:
    answer = await get(release, f"{BINDER}/versions")
    assert answer.status_code == 200
    assert answer.json()["binderhub"] == "1.2.3"
    assert answer.json()["builder_info"]["build_image"]


async def test_the_hub_tells_its_version(release: FakeRelease) -> None:
    assert "version" in (await get(release, f"{HUB}/hub/api")).json()
    assert (await get(release, f"{HUB}/hub/health")).status_code == 200


async def test_a_whole_release_is_healthy(release: FakeRelease) -> None:
    answer = await get(release, f"{BINDER}/health")
    assert answer.status_code == 200
    assert answer.json()["ok"] is True
    assert [check["service"] for check in answer.json()["checks"]] == [
        "Docker registry",
        "JupyterHub API",
        "Pod quota",
    ]


async def test_a_login_that_the_registry_refuses_is_told(release: FakeRelease) -> None:
    assert await failing(release, good_login=False) == ["Docker registry"]


@pytest.mark.parametrize(
    "hub_url",
    ["http://other-hub.westeurope.cloudapp.azure.com", "http://demo.westeurope.cloudapp.azure.com", ""],
)
async def test_a_hub_url_that_leads_elsewhere_is_told(release: FakeRelease, hub_url: str) -> None:
    release.configuration["BinderHub"]["hub_url"] = hub_url
    assert await failing(release) == ["JupyterHub API"]


async def test_a_hub_that_is_down_is_told(release: FakeRelease) -> None:
    release.ready.remove("hub")
    assert await failing(release) == ["JupyterHub API"]
    assert (await get(release, f"{HUB}/hub/api")).status_code == 503


async def test_a_full_hub_is_healthy_all_the_same(release: FakeRelease) -> None:
    release.user_pods = 2
    answer = await get(release, f"{BINDER}/health")
    assert answer.status_code == 200
    assert [check["service"] for check in answer.json()["checks"] if not check["ok"]] == ["Pod quota"]


async def test_visitors_who_have_to_sign_in_are_sent_to_the_hub(release: FakeRelease) -> None:
    release.configuration["BinderHub"]["auth_enabled"] = True
    answer = await get(release, f"{BINDER}/")
    assert answer.status_code == 302
    assert answer.headers["location"].startswith(f"{HUB}/hub/api/oauth2/authorize")


async def test_a_name_that_nobody_has_does_not_exist(release: FakeRelease) -> None:
    del release.labels["demo"]
    answer = await get(release, f"{BINDER}/versions")
    assert answer.status_code == 502
    assert "does not exist" in answer.text


async def test_a_name_holds_in_its_region_only(release: FakeRelease) -> None:
    answer = await get(release, "http://demo.northeurope.cloudapp.azure.com/versions")
    assert answer.status_code == 502


async def test_a_service_that_was_removed_answers_no_more(release: FakeRelease) -> None:
    del release.components["binder"]
    assert (await get(release, f"{BINDER}/versions")).status_code == 502


async def test_a_service_without_an_address_has_no_name_yet(release: FakeRelease) -> None:
    release.addressed.remove("binder")
    assert (await get(release, f"{BINDER}/versions")).status_code == 502


async def test_nothing_answers_while_no_pod_is_ready(release: FakeRelease) -> None:
    release.ready.remove("binder")
    assert (await get(release, f"{BINDER}/versions")).status_code == 503


async def test_a_port_that_the_service_has_not_opened_is_closed(release: FakeRelease) -> None:
    answer = await get(release, f"{BINDER}/versions".replace("http", "https", 1))
    assert answer.status_code == 504


async def test_a_stopped_cluster_answers_nothing(release: FakeRelease) -> None:
    release.running = False
    assert (await get(release, f"{BINDER}/versions")).status_code == 504


async def test_an_own_domain_leads_to_the_hub_while_its_record_is_there(release: FakeRelease) -> None:
    dns = Dns()
    own = "http://binder.example.org/versions"
    assert (await get(release, own, dns=dns)).status_code == 502
    dns.set_record("binder.example.org", "demo.westeurope.cloudapp.azure.com.")
    assert (await get(release, own, dns=dns)).status_code == 200
