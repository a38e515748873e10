"""Certificate authorities: what they refuse by themselves, and what tests let them refuse."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse

from sandbox.clusters.workloads.cert_manager.keys import new_private_key, new_request
from sandbox.internet.certificate_authorities.authorities import CertificateAuthorities
from sandbox.internet.certificate_authorities.authority import AcmeAuthority, ExternalAccount
from sandbox.internet.certificate_authorities.problems import AcmeProblem
from sandbox.network.authority import CertificateAuthority
from sandbox.network.hosts import Hosts

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ["binder.example.org", "hub.example.org"]
ANSWER = "the answer"


@pytest.fixture
def hosts() -> Hosts:
    made = Hosts()
    made.serve("*.example.org", PlainTextResponse(ANSWER))
    return made


@pytest.fixture
def authorities(tmp_path: Path, hosts: Hosts) -> CertificateAuthorities:
    return CertificateAuthorities(CertificateAuthority(tmp_path), hosts.app_for)


@pytest.fixture
def letsencrypt(authorities: CertificateAuthorities) -> AcmeAuthority:
    return authorities.named("letsencrypt")


@pytest.fixture
def control(authorities: CertificateAuthorities) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(Starlette(routes=authorities.control_routes))
    return httpx.AsyncClient(transport=transport, base_url="http://sandbox.internal")


async def issue(authority: AcmeAuthority, names: list[str]) -> bytes:
    order = authority.new_order(authority.register("thumbprint", "ada@example.org", None), names)
    for authorization in order.authorizations:
        await authority.validate(authorization.challenge_url, ANSWER)
    key = new_private_key({"algorithm": "ECDSA"})
    return authority.finalize(order, new_request(key, names, ""))


async def test_the_same_names_get_five_certificates_a_week(letsencrypt: AcmeAuthority) -> None:
    for _ in range(5):
        await issue(letsencrypt, NAMES)
    with pytest.raises(AcmeProblem, match=r"429 .*rateLimited: too many certificates \(5\) .* exact set"):
        await issue(letsencrypt, NAMES)
    await issue(letsencrypt, NAMES[:1])


@pytest.mark.parametrize("name", ["binder", "-.example.org", "192.0.2.1", "binder_.example.org"])
def test_what_is_no_public_name_is_refused(letsencrypt: AcmeAuthority, name: str) -> None:
    with pytest.raises(AcmeProblem, match="rejectedIdentifier"):
        letsencrypt.new_order("account", [name])


async def test_a_host_that_is_gone_fails_its_order(letsencrypt: AcmeAuthority, hosts: Hosts) -> None:
    hosts.forget("*.example.org")
    order = letsencrypt.new_order("account", NAMES)
    with pytest.raises(
        AcmeProblem, match=r"400 .*dns: DNS problem: NXDOMAIN looking up A for binder.example.org"
    ):
        await letsencrypt.validate(order.authorizations[0].challenge_url, ANSWER)
    assert order.state == "invalid"


async def test_a_wrong_answer_fails_its_order(letsencrypt: AcmeAuthority) -> None:
    order = letsencrypt.new_order("account", NAMES)
    with pytest.raises(AcmeProblem, match=r"403 .*unauthorized: .* did not match this challenge"):
        await letsencrypt.validate(order.authorizations[0].challenge_url, "another answer")
    assert order.state == "invalid"


async def test_no_certificate_comes_before_all_names_are_proven(letsencrypt: AcmeAuthority) -> None:
    order = letsencrypt.new_order("account", NAMES)
    await letsencrypt.validate(order.authorizations[0].challenge_url, ANSWER)
    request = new_request(new_private_key({"algorithm": "ECDSA"}), NAMES, "")
    with pytest.raises(AcmeProblem, match="orderNotReady"):
        letsencrypt.finalize(order, request)


async def test_no_certificate_is_for_other_names_than_its_order(letsencrypt: AcmeAuthority) -> None:
    order = letsencrypt.new_order("account", NAMES[:1])
    await letsencrypt.validate(order.authorizations[0].challenge_url, ANSWER)
    request = new_request(new_private_key({"algorithm": "ECDSA"}), NAMES, "")
    with pytest.raises(AcmeProblem, match="badCSR"):
        letsencrypt.finalize(order, request)


async def test_a_test_reads_orders_and_sets_refusals(
    control: httpx.AsyncClient, letsencrypt: AcmeAuthority
) -> None:
    nothing = {"orders": 0, "refusal": None}
    path = "/certificate-authorities"
    assert (await control.get(path)).json() == dict.fromkeys(
        ("letsencrypt", "letsencrypt-staging", "zerossl"), nothing
    )
    await control.put(f"{path}/letsencrypt", json={"refusal": "rateLimited"})
    with pytest.raises(AcmeProblem, match="rateLimited"):
        letsencrypt.new_order("account", NAMES)
    assert (await control.get(path)).json()["letsencrypt"] == {"orders": 1, "refusal": "rateLimited"}
    await control.put(f"{path}/letsencrypt", json={"refusal": None})
    letsencrypt.new_order("account", NAMES)


@pytest.mark.parametrize(("name", "refusal", "status"), [("letsencrypt", "typo", 400), ("nobody", None, 404)])
async def test_a_refusal_that_makes_no_sense_is_an_error(
    control: httpx.AsyncClient, name: str, refusal: Any, status: int
) -> None:
    answer = await control.put(f"/certificate-authorities/{name}", json={"refusal": refusal})
    assert answer.status_code == status


async def test_zerossl_gives_an_account_for_an_address(authorities: CertificateAuthorities) -> None:
    transport = httpx.ASGITransport(authorities.zerossl_api)
    async with httpx.AsyncClient(transport=transport, base_url="https://api.zerossl.com") as client:
        path = "/acme/eab-credentials-email"
        given = (await client.post(path, data={"email": "ada@example.org"})).json()
        missing = (await client.post(path)).json()
        wrong = (await client.post(path, data={"email": "nobody"})).json()
    assert given["success"] is True
    key = base64.urlsafe_b64decode(given["eab_hmac_key"] + "==")
    account = ExternalAccount(given["eab_kid"], key)
    assert authorities.named("zerossl").register("thumbprint", "ada@example.org", account)
    assert missing == {"success": False, "error": {"code": 2900, "type": "missing_email"}}
    assert wrong == {"success": False, "error": {"code": 2901, "type": "invalid_email"}}
