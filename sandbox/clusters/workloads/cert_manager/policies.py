"""When a certificate is good enough, and when a new one has to be issued: in cert-manager's order."""

from __future__ import annotations

import re
from base64 import b64decode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cryptography import x509

from sandbox.clusters.workloads.cert_manager.conditions import timestamp
from sandbox.clusters.workloads.cert_manager.keys import (
    common_name_of,
    names_of,
    public_bytes,
    read_private_key,
)
from sandbox.clusters.workloads.cert_manager.secret_data import CERTIFICATE, PRIVATE_KEY, content

if TYPE_CHECKING:
    from sandbox.clusters.kubernetes_api import Object

    Finding = tuple[str, str] | None

GROUP = "cert-manager.io"
UNITS = {"h": 3600, "m": 60, "s": 1}


@dataclass(frozen=True)
class Situation:
    """What the checks look at.

    Attributes:
        certificate: the Certificate.
        secret: the Secret that it fills, None where there is none.
        request: the CertificateRequest that the Secret's contents came from, None where that is gone.

    """

    certificate: Object
    secret: Object | None
    request: Object | None


def why_issue(situation: Situation) -> Finding:
    """Return reason and message why a new certificate is needed, None when none is."""
    return _shortcoming(situation) or _expiry(situation, renewal=True)


def why_not_ready(situation: Situation) -> Finding:
    """Return reason and message why a Certificate is not ready, None when it is."""
    return _shortcoming(situation) or _expiry(situation, renewal=False)


def mismatches(request: Object, certificate: Object) -> list[str]:
    """Return which fields of a Certificate a CertificateRequest does not answer to."""
    asked, wanted = read_request(request), certificate["spec"]
    compared = {
        "spec.dnsNames": (sorted(names_of(asked)), sorted(wanted.get("dnsNames") or [])),
        "spec.commonName": (common_name_of(asked), wanted.get("commonName") or ""),
        "spec.isCA": (bool(request["spec"].get("isCA")), bool(wanted.get("isCA"))),
        "spec.usages": (request["spec"].get("usages") or [], wanted.get("usages") or []),
        "spec.duration": (request["spec"].get("duration"), wanted.get("duration")),
        "spec.issuerRef": (_reference(request["spec"]["issuerRef"]), _reference(wanted["issuerRef"])),
    }
    return [field for field, (has, wants) in compared.items() if has != wants]


def read_request(request: Object) -> x509.CertificateSigningRequest:
    """Return what a CertificateRequest asks to be signed."""
    return x509.load_pem_x509_csr(b64decode(request["spec"]["request"]))


def read_certificate(secret: Object | None) -> x509.Certificate | None:
    """Return the certificate in a Secret, None where there is none that can be read."""
    try:
        return x509.load_pem_x509_certificate(content(secret, CERTIFICATE))
    except ValueError:
        return None


def renewal_time(certificate: Object, issued: x509.Certificate) -> datetime:
    """Return when a certificate is to be renewed: as its spec says, else after two thirds of its life."""
    begin, end = issued.not_valid_before_utc, issued.not_valid_after_utc
    before = certificate["spec"].get("renewBefore")
    if before and (asked := _duration(before)) < end - begin:
        return end - asked
    return begin + (end - begin) * 2 / 3


def _shortcoming(situation: Situation) -> Finding:
    secret = situation.secret
    if secret is None:
        return "DoesNotExist", "Issuing certificate as Secret does not exist"
    if not content(secret, PRIVATE_KEY):
        return "MissingData", "Issuing certificate as Secret does not contain a private key"
    if not content(secret, CERTIFICATE):
        return "MissingData", "Issuing certificate as Secret does not contain a certificate"
    return _key_pair(secret) or _origin(situation.certificate, secret) or _request(situation, secret)


def _key_pair(secret: Object) -> Finding:
    try:
        key = read_private_key(content(secret, PRIVATE_KEY))
    except ValueError as error:
        return "InvalidKeyPair", f"Issuing certificate as Secret contains invalid private key data: {error}"
    issued = read_certificate(secret)
    if issued is None:
        return "InvalidCertificate", "Issuing certificate as Secret contains an invalid certificate"
    if public_bytes(issued.public_key()) != public_bytes(key.public_key()):
        message = "Issuing certificate as Secret contains a private key that does not match the certificate"
        return "InvalidKeyPair", message
    return None


def _origin(certificate: Object, secret: Object) -> Finding:
    annotations = secret["metadata"].get("annotations") or {}
    issuer = {key: annotations.get(f"{GROUP}/issuer-{key}") for key in ("name", "kind", "group")}
    if any(value is not None for value in issuer.values()):
        before, wanted = _reference(issuer), _reference(certificate["spec"]["issuerRef"])
        if before != wanted:
            name, kind, group = before
            message = f'Issuing certificate as Secret was previously issued by "{kind}.{group}/{name}"'
            return "IncorrectIssuer", message
    name = annotations.get(f"{GROUP}/certificate-name", certificate["metadata"]["name"])
    if name != certificate["metadata"]["name"]:
        return "IncorrectCertificate", f'Secret was issued for "{name}".'
    return None


def _request(situation: Situation, secret: Object) -> Finding:
    """Compare with the request that led to the Secret, or with the certificate itself where that is gone."""
    if situation.request is None:
        return _contents(situation.certificate, secret)
    key = read_private_key(content(secret, PRIVATE_KEY))
    if public_bytes(read_request(situation.request).public_key()) != public_bytes(key.public_key()):
        message = "Secret contains a private key that does not match the current CertificateRequest"
        return "SecretMismatch", message
    if wrong := mismatches(situation.request, situation.certificate):
        fields = " ".join(wrong)
        return "RequestChanged", f"Fields on existing CertificateRequest resource not up to date: [{fields}]"
    return None


def _contents(certificate: Object, secret: Object) -> Finding:
    issued = read_certificate(secret)
    if issued is None or set(names_of(issued)) != set(certificate["spec"].get("dnsNames") or []):
        message = "Issuing certificate as Existing issued Secret is not up to date for spec: [spec.dnsNames]"
        return "SecretMismatch", message
    return None


def _expiry(situation: Situation, *, renewal: bool) -> Finding:
    issued = read_certificate(situation.secret)
    now = datetime.now(UTC)
    if issued is None:
        return "InvalidCertificate", "Issuing certificate as Secret contains an invalid certificate"
    due = renewal_time(situation.certificate, issued)
    if renewal and due <= now:
        return "Renewing", f"Renewing certificate as renewal was scheduled at {timestamp(due)}"
    if issued.not_valid_after_utc <= now:
        return "Expired", f"Certificate expired on {issued.not_valid_after_utc:%a, %d %b %Y %H:%M:%S UTC}"
    return None


def _reference(issuer: Object) -> tuple[str, str, str]:
    """Return name, kind and group of an issuer, with what is left out filled in."""
    return str(issuer.get("name")), str(issuer.get("kind") or "Issuer"), str(issuer.get("group") or GROUP)


def _duration(text: str) -> timedelta:
    """Read a duration as Go writes it, `360h30m`."""
    parts = re.findall(r"(\d+(?:\.\d+)?)([hms])", text)
    return timedelta(seconds=sum(float(number) * UNITS[unit] for number, unit in parts))
