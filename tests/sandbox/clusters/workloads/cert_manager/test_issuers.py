"""Issuers: an account for each, or the authority's own words for why there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sandbox.internet.certificate_authorities.authorities import LETSENCRYPT, ZEROSSL
from tests.sandbox.clusters.workloads.cert_manager.conftest import (
    account_secret,
    cluster_issuer,
    external_account,
)

if TYPE_CHECKING:
    from tests.sandbox.clusters.workloads.cert_manager.conftest import Certs

pytestmark = pytest.mark.asyncio(loop_scope="session")

FAILED = "Failed to register ACME account: "
ACME = "urn:ietf:params:acme:error:"


async def apply(certs: Certs, name: str, server: str, **acme: Any) -> None:
    (await certs.apply(cluster_issuer(name, server, **acme))).raise_for_status()


async def test_an_issuer_is_ready_once_its_account_is_registered(certs: Certs) -> None:
    ready = await certs.until_issuer("letsencrypt", "True")
    assert ready["reason"] == "ACMEAccountRegistered"
    assert ready["message"] == "The ACME account was registered with the ACME server"
    status = (await certs.get("/apis/cert-manager.io/v1/clusterissuers/letsencrypt"))["status"]
    assert status["acme"]["uri"].startswith("https://acme-v02.api.letsencrypt.org/acct/")
    assert status["acme"]["lastRegisteredEmail"] == "ada@example.org"


async def test_an_address_that_is_none_is_refused(certs: Certs) -> None:
    await apply(certs, "no-address", LETSENCRYPT, email="nobody")
    ready = await certs.until_issuer("no-address", "False")
    assert ready["reason"] == "ErrRegisterACMEAccount"
    assert ready["message"].startswith(f"{FAILED}400 {ACME}invalidContact: ")
    await apply(certs, "no-address", LETSENCRYPT, email="somebody@example.org")
    await certs.until_issuer("no-address", "True")


async def test_an_authority_can_refuse_an_address(certs: Certs, refusing: Any) -> None:
    refusing("letsencrypt", "invalidContact")
    await apply(certs, "unwanted", LETSENCRYPT)
    ready = await certs.until_issuer("unwanted", "False")
    assert 'contact email has forbidden domain "example.org"' in ready["message"]


async def test_zerossl_wants_an_account_elsewhere(certs: Certs) -> None:
    await apply(certs, "unbound", ZEROSSL)
    ready = await certs.until_issuer("unbound", "False")
    assert ready["message"].startswith(f"{FAILED}400 {ACME}externalAccountRequired: ")


async def test_a_key_that_is_missing_is_waited_for(certs: Certs) -> None:
    account = certs.authority("zerossl").add_external_account()
    await apply(certs, "late", ZEROSSL, **external_account("late-key", account.key_id))
    ready = await certs.until_issuer("late", "False")
    assert ready["message"] == f'{FAILED}secret "late-key" not found'
    (await certs.apply(account_secret("late-key", account.key))).raise_for_status()
    await certs.until_issuer("late", "True")


async def test_a_wrong_key_is_refused(certs: Certs) -> None:
    account = certs.authority("zerossl").add_external_account()
    (await certs.apply(account_secret("wrong-key", b"something else"))).raise_for_status()
    await apply(certs, "wrong", ZEROSSL, **external_account("wrong-key", account.key_id))
    ready = await certs.until_issuer("wrong", "False")
    assert (
        ready["message"]
        == f"{FAILED}400 {ACME}malformed: [External Account Binding] Invalid MAC on JWS request"
    )


async def test_a_server_that_is_nowhere_is_said_to_be(certs: Certs) -> None:
    await apply(certs, "astray", "https://acme.example.org/directory")
    ready = await certs.until_issuer("astray", "False")
    assert ready["message"].endswith("lookup acme.example.org: no such host")
