"""The webhook: what it lets in, what it refuses, and that nothing gets in without it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sandbox.internet.certificate_authorities.authorities import LETSENCRYPT
from tests.sandbox.clusters.workloads.cert_manager.conftest import cluster_issuer

if TYPE_CHECKING:
    from tests.sandbox.clusters.workloads.cert_manager.conftest import Certs, Hub

pytestmark = pytest.mark.asyncio(loop_scope="session")

DENIED = 'admission webhook "webhook.cert-manager.io" denied the request: '
WEBHOOK = "/apis/apps/v1/namespaces/cert-manager/deployments/cert-manager-webhook"


@pytest.mark.parametrize(
    ("spec", "objection"),
    [
        ({"secretName": ""}, "spec.secretName: Required value: must be specified"),
        ({"dnsNames": []}, 'spec: Invalid value: "": at least one of commonName'),
        (
            {"issuerRef": {"name": "", "kind": "ClusterIssuer"}},
            "spec.issuerRef.name: Required value: must be",
        ),
        (
            {"issuerRef": {"name": "x", "kind": "Isuer"}},
            'spec.issuerRef.kind: Invalid value: "Isuer": must be one of',
        ),
        (
            {"privateKey": {"size": 1024}},
            "spec.privateKey.size: Invalid value: 1024: must be between 2048 and",
        ),
    ],
)
async def test_a_certificate_that_makes_no_sense_is_denied(
    hub: Hub, spec: dict[str, Any], objection: str
) -> None:
    answer = await hub.apply(hub.certificate(**spec))
    assert answer.status_code == 403
    assert answer.json()["message"].startswith(DENIED + objection)


async def test_an_issuer_of_two_types_is_denied(certs: Certs) -> None:
    issuer = cluster_issuer("both", LETSENCRYPT)
    issuer["spec"]["selfSigned"] = {}
    answer = await certs.apply(issuer)
    wrong = "spec.selfSigned: Forbidden: may not specify more than one issuer type"
    assert answer.json()["message"] == DENIED + wrong


async def test_all_that_is_wrong_with_an_issuer_is_said_at_once(certs: Certs) -> None:
    issuer = cluster_issuer("nothing", "", solvers=[{"http01": {}}])
    assert (await certs.apply(issuer)).json()["message"] == (
        f"{DENIED}[spec.acme.server: Required value: acme server URL is a required field, "
        "spec.acme.solvers[0].http01: Required value: no HTTP01 solver type configured]"
    )


async def test_a_field_that_is_unknown_is_refused_by_the_definitions(hub: Hub) -> None:
    answer = await hub.apply(hub.certificate(typo=1))
    assert not answer.is_success
    assert "typo" in answer.json()["message"]


async def test_nothing_is_let_in_while_the_webhook_is_away(certs: Certs, hub: Hub) -> None:
    await certs.merge(WEBHOOK, {"spec": {"replicas": 0}})

    async def apply() -> Any:
        return await hub.apply(hub.certificate("letsencrypt-staging"))

    refused = await certs.until(apply, lambda answer: not answer.is_success)
    assert refused.status_code == 500
    assert 'failed calling webhook "webhook.cert-manager.io"' in refused.json()["message"]
    await certs.merge(WEBHOOK, {"spec": {"replicas": 1}})
    await certs.until(apply, lambda answer: bool(answer.is_success))
