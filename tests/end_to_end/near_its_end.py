"""A certificate near its end in the place of a hub's, as if months had passed."""

from __future__ import annotations

from base64 import b64decode, b64encode
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from tests.clusters import kubernetes

if TYPE_CHECKING:
    from sandbox.client import RunningSandbox

AGE, REST = timedelta(days=89), timedelta(days=1)


def age_certificate(sandbox: RunningSandbox, hub: str) -> x509.Certificate:
    """Put a certificate for the same key and names into the hub's Secret, which ends soon; return it."""
    path = f"/api/v1/namespaces/{hub}/secrets/binderhub-tls"
    with kubernetes(sandbox, hub) as api:
        secret = api.get(path).raise_for_status().json()
        aged = _aged(x509.load_pem_x509_certificate(b64decode(secret["data"]["tls.crt"])))
        data = {"tls.crt": b64encode(aged.public_bytes(Encoding.PEM)).decode()}
        merge = {"Content-Type": "application/merge-patch+json"}
        api.patch(path, json={"data": data}, headers=merge).raise_for_status()
    return aged


def kept_certificate(sandbox: RunningSandbox, hub: str) -> x509.Certificate:
    """Return the certificate in the hub's Secret."""
    with kubernetes(sandbox, hub) as api:
        secret = api.get(f"/api/v1/namespaces/{hub}/secrets/binderhub-tls").raise_for_status().json()
    return x509.load_pem_x509_certificate(b64decode(secret["data"]["tls.crt"]))


def _aged(certificate: x509.Certificate) -> x509.Certificate:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(certificate.subject)
        .issuer_name(certificate.issuer)
        .public_key(certificate.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - AGE)
        .not_valid_after(now + REST)
        .add_extension(
            certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value, critical=False
        )
        .sign(ec.generate_private_key(ec.SECP256R1()), SHA256())
    )
