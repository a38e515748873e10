"""Certificates that are issued: what is made on the way, what stays, and when there is nothing to do."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from tests.sandbox.clusters.workloads.cert_manager.conftest import condition

if TYPE_CHECKING:
    from pathlib import Path

    from tests.sandbox.clusters.workloads.cert_manager.conftest import Certs, Hub

pytestmark = pytest.mark.asyncio(loop_scope="session")


def verify(chain: list[x509.Certificate], name: str, ca_file: Path) -> None:
    """Verify a chain for a name as a client that trusts the sandbox's authority does."""
    roots = Store(x509.load_pem_x509_certificates(ca_file.read_bytes()))
    verifier = PolicyBuilder().store(roots).build_server_verifier(x509.DNSName(name))
    verifier.verify(chain[0], chain[1:])


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def issued(certs: Certs) -> Hub:
    """A hub that has its certificate."""
    hub = await certs.new_hub()
    await hub.ask_for()
    await hub.until_issued()
    return hub


async def test_a_certificate_is_issued_for_both_names(certs: Certs, issued: Hub) -> None:
    chain = await issued.chain()
    for name in issued.names:
        verify(chain, name, certs.ca_file)
    certificate = await issued.get()
    assert condition(certificate, "Ready")["message"] == "Certificate is up to date and has not expired"
    assert {"notBefore", "notAfter", "renewalTime"} <= certificate["status"].keys()
    assert (chain[0].not_valid_after_utc - chain[0].not_valid_before_utc).days == 90


async def test_the_secret_holds_the_key_of_its_certificate(issued: Hub, tmp_path: Path) -> None:
    for name, content in (await issued.secret()).items():
        (tmp_path / name).write_bytes(content)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "tls.crt", tmp_path / "tls.key")


async def test_request_and_order_tell_how_it_went(issued: Hub) -> None:
    (request,), (order,) = await issued.all("certificaterequests"), await issued.all("orders")
    assert request["metadata"]["name"] == "binderhub-1"
    assert request["spec"]["username"] == "sandbox"
    assert condition(request, "Approved")["reason"] == "cert-manager.io"
    assert condition(request, "Ready")["reason"] == "Issued"
    assert order["status"]["state"] == "valid"
    assert sorted(order["spec"]["dnsNames"]) == sorted(issued.names)


async def test_nothing_that_was_needed_on_the_way_stays(certs: Certs, issued: Hub) -> None:
    namespace = f"namespaces/{issued.namespace}"
    solver = "labelSelector=acme.cert-manager.io/http01-solver=true"
    paths = (
        f"/api/v1/{namespace}/pods?{solver}",
        f"/api/v1/{namespace}/services?{solver}",
        f"/apis/networking.k8s.io/v1/{namespace}/ingresses?{solver}",
        f"/api/v1/{namespace}/secrets?labelSelector=cert-manager.io/next-private-key=true",
        f"/apis/acme.cert-manager.io/v1/{namespace}/challenges",
    )

    async def left() -> list[Any]:
        return [item for path in paths for item in (await certs.get(path))["items"]]

    await certs.until(left, lambda found: not found)


async def test_the_same_certificate_again_orders_nothing(certs: Certs, issued: Hub) -> None:
    await certs.settle()
    before, orders = await issued.get(), certs.authority("letsencrypt").orders
    await issued.ask_for()
    await certs.settle()
    assert certs.authority("letsencrypt").orders == orders
    assert (await issued.get())["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"]


async def test_a_certificate_that_comes_back_to_its_secret_orders_nothing(certs: Certs, hub: Hub) -> None:
    await hub.ask_for()
    await hub.until_issued()
    orders = certs.authority("letsencrypt").orders
    path = f"/apis/cert-manager.io/v1/namespaces/{hub.namespace}/certificates/binderhub"
    (await certs.cluster.api.delete(path)).raise_for_status()
    await hub.ask_for()
    await hub.until(lambda found: condition(found, "Ready").get("status") == "True")
    assert certs.authority("letsencrypt").orders == orders


async def test_another_issuer_and_other_names_issue_anew(certs: Certs, hub: Hub) -> None:
    await hub.ask_for("letsencrypt")
    await hub.until_issued()
    orders = certs.authority("zerossl").orders
    await hub.ask_for("zerossl", dnsNames=hub.names[:1])
    await hub.until_issued(revision=2)
    assert certs.authority("zerossl").orders == orders + 1
    chain = await hub.chain()
    assert "ZeroSSL" in chain[0].issuer.rfc4514_string()
    verify(chain, hub.names[0], certs.ca_file)
    with pytest.raises(VerificationError):
        verify(chain, hub.names[1], certs.ca_file)
    requests = await certs.until(lambda: hub.all("certificaterequests"), lambda found: len(found) == 1)
    assert requests[0]["metadata"]["name"] == "binderhub-2"


async def test_nobody_trusts_what_the_staging_environment_issues(certs: Certs, hub: Hub) -> None:
    await hub.ask_for("letsencrypt-staging")
    await hub.until_issued()
    with pytest.raises(VerificationError):
        verify(await hub.chain(), hub.names[0], certs.ca_file)
