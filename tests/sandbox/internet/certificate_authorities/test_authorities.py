"""Certificate authorities: Pebble behind the names that clients know, and what tests let them refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest
import pytest_asyncio
from cryptography import x509
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse

from sandbox.clusters.programs import locate_https
from sandbox.internet.certificate_authorities.authorities import (
    DIRECTORIES,
    ZEROSSL_API_HOST,
    CertificateAuthorities,
)
from sandbox.network.authority import CertificateAuthority
from sandbox.network.hosts import Hosts

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import ASGIApp

PATH = "/certificate-authorities"


class Internet:
    """The authorities, running, and what the sandbox serves of them."""

    def __init__(self, hosts: Hosts, control: ASGIApp, roots: list[x509.Certificate]) -> None:
        self.hosts = hosts
        self.roots = roots
        self._control = control

    async def ask(self, method: str, url: str, **options: Any) -> httpx.Response:
        """Ask a host of the internet, or the control application."""
        host = httpx.URL(url).host
        app = self.hosts.app_for(host) if host else self._control
        assert app is not None
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://sandbox.internal") as client:
            return await client.request(method, url, **options)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def internet(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Internet]:
    programs = locate_https()
    if programs is None:
        pytest.skip("Pebble is not here (`make test` builds it)")
    folder, hosts = tmp_path_factory.mktemp("authorities"), Hosts()
    authorities = CertificateAuthorities(programs.pebble, folder, CertificateAuthority(folder))
    try:
        roots = await authorities.start(hosts, PlainTextResponse("the answer"))
        control = Starlette(routes=authorities.control_routes)
        yield Internet(hosts, control, x509.load_pem_x509_certificates(roots))
    finally:
        await authorities.close()


pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_two_of_the_three_roots_are_trusted(internet: Internet) -> None:
    assert len({root.subject.rfc4514_string() for root in internet.roots}) == 2


@pytest.mark.parametrize("name", DIRECTORIES)
async def test_each_directory_leads_to_its_own_host(internet: Internet, name: str) -> None:
    url = DIRECTORIES[name]
    directory = (await internet.ask("GET", url)).json()
    assert httpx.URL(directory["newOrder"]).host == httpx.URL(url).host
    assert directory["meta"]["externalAccountRequired"] is (name == "zerossl")
    nonce = await internet.ask("HEAD", directory["newNonce"])
    assert nonce.headers["replay-nonce"]


async def test_a_test_counts_orders_and_sets_refusals(internet: Internet) -> None:
    order = (await internet.ask("GET", DIRECTORIES["letsencrypt"])).json()["newOrder"]
    before = (await internet.ask("GET", PATH)).json()["letsencrypt"]
    await internet.ask("PUT", f"{PATH}/letsencrypt", json={"refusal": "rateLimited"})
    refused = await internet.ask("POST", order)
    after = (await internet.ask("PUT", f"{PATH}/letsencrypt", json={"refusal": None})).json()
    assert (refused.status_code, refused.headers["content-type"]) == (429, "application/problem+json")
    assert refused.json()["type"] == "urn:ietf:params:acme:error:rateLimited"
    assert after == {**before, "orders": before["orders"] + 1}
    malformed = await internet.ask("POST", order)  # Pebble's own word
    assert malformed.json()["type"] == "urn:ietf:params:acme:error:malformed"


@pytest.mark.parametrize(("name", "refusal", "status"), [("letsencrypt", "typo", 400), ("nobody", None, 404)])
async def test_a_refusal_that_makes_no_sense_is_an_error(
    internet: Internet, name: str, refusal: Any, status: int
) -> None:
    answer = await internet.ask("PUT", f"{PATH}/{name}", json={"refusal": refusal})
    assert answer.status_code == status


async def test_zerossl_gives_an_account_for_an_address(internet: Internet) -> None:
    url = f"https://{ZEROSSL_API_HOST}/acme/eab-credentials-email"
    ada = {"email": "ada@example.org"}
    first, second = [(await internet.ask("POST", url, data=ada)).json() for _ in range(2)]
    missing = (await internet.ask("POST", url)).json()
    wrong = (await internet.ask("POST", url, data={"email": "nobody"})).json()
    assert first["success"] is True
    assert first["eab_kid"] != second["eab_kid"]
    assert missing == {"success": False, "error": {"code": 2900, "type": "missing_email"}}
    assert wrong == {"success": False, "error": {"code": 2901, "type": "invalid_email"}}
