"""When a certificate is needed: each reason on its own, without a cluster."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import trustme

from sandbox.clusters.workloads.cert_manager.keys import new_private_key, new_request
from sandbox.clusters.workloads.cert_manager.policies import (
    Situation,
    mismatches,
    read_certificate,
    renewal_time,
    why_issue,
    why_not_ready,
)
from sandbox.clusters.workloads.cert_manager.secret_data import CERTIFICATE, PRIVATE_KEY, encoded
from sandbox.internet.certificate_authorities.issuing import Issuing

NAMES = ["binder.example.org", "hub.example.org"]
ISSUER = {"name": "letsencrypt", "kind": "ClusterIssuer"}
Object = dict[str, Any]


def certificate(**spec: Any) -> Object:
    wanted = {"secretName": "tls", "dnsNames": NAMES, "issuerRef": ISSUER, **spec}
    return {"metadata": {"name": "binderhub"}, "spec": wanted}


@pytest.fixture(scope="module")
def key() -> bytes:
    return new_private_key({"algorithm": "ECDSA"})


@pytest.fixture
def request_of(key: bytes) -> Object:
    return {"spec": {"issuerRef": ISSUER, **encoded({"request": new_request(key, NAMES, "")})}}


@pytest.fixture
def secret(key: bytes) -> Object:
    chain = Issuing(trustme.CA()).sign(new_request(key, NAMES, ""), frozenset(NAMES))
    annotations = {
        "cert-manager.io/issuer-name": "letsencrypt",
        "cert-manager.io/issuer-kind": "ClusterIssuer",
    }
    return {"metadata": {"annotations": annotations}, "data": encoded({CERTIFICATE: chain, PRIVATE_KEY: key})}


def reason(wanted: Object, secret: Object | None, request: Object | None = None) -> str | None:
    finding = why_issue(Situation(wanted, secret, request))
    return finding[0] if finding else None


def test_a_fitting_secret_needs_nothing(secret: Object, request_of: Object) -> None:
    for request in (request_of, None):
        assert reason(certificate(), secret, request) is None
        assert why_not_ready(Situation(certificate(), secret, request)) is None


def test_a_secret_that_is_missing_or_empty_has_to_be_filled() -> None:
    assert reason(certificate(), None) == "DoesNotExist"
    assert reason(certificate(), {"metadata": {}}) == "MissingData"


def test_a_key_of_somebody_else_does_not_fit(secret: Object) -> None:
    secret["data"] |= encoded({PRIVATE_KEY: new_private_key({"algorithm": "ECDSA"})})
    assert reason(certificate(), secret) == "InvalidKeyPair"


def test_what_is_no_certificate_does_not_count(secret: Object) -> None:
    secret["data"] |= encoded({CERTIFICATE: b"nothing"})
    assert reason(certificate(), secret) == "InvalidCertificate"


def test_another_issuer_is_wanted(secret: Object) -> None:
    wanted = certificate(issuerRef={"name": "zerossl", "kind": "ClusterIssuer"})
    assert reason(wanted, secret) == "IncorrectIssuer"


def test_other_names_are_wanted_with_or_without_the_request(secret: Object, request_of: Object) -> None:
    wanted = certificate(dnsNames=NAMES[:1])
    assert reason(wanted, secret, request_of) == "RequestChanged"
    assert reason(wanted, secret) == "SecretMismatch"
    assert mismatches(request_of, wanted) == ["spec.dnsNames"]


def test_a_certificate_is_renewed_after_two_thirds_of_its_life_or_as_asked(secret: Object) -> None:
    issued = read_certificate(secret)
    assert issued is not None
    begin, end = issued.not_valid_before_utc, issued.not_valid_after_utc
    assert renewal_time(certificate(), issued) == begin + timedelta(days=60)
    assert renewal_time(certificate(renewBefore="360h"), issued) == end - timedelta(days=15)
    hours = (end - datetime.now(UTC)).total_seconds() / 3600
    assert reason(certificate(renewBefore=f"{int(hours) + 1}h"), secret) == "Renewing"
