"""Private keys, certificate requests and certificates, as cert-manager keeps them in Secrets."""

from __future__ import annotations

import base64
import hashlib
import json
from functools import lru_cache
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

    from sandbox.clusters.kubernetes_api import Object

    PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey

RSA_EXPONENT, RSA_BITS = 65537, 2048
CURVES: dict[int, type[ec.EllipticCurve]] = {256: ec.SECP256R1, 384: ec.SECP384R1, 521: ec.SECP521R1}


def new_private_key(wanted: Object) -> bytes:
    """Make a private key, PEM.

    Args:
        wanted: `spec.privateKey` of a Certificate: algorithm, size and encoding.

    """
    key = _generate(str(wanted.get("algorithm", "RSA")), int(wanted.get("size") or 0))
    traditional = wanted.get("encoding", "PKCS1") == "PKCS1" and not isinstance(
        key, ed25519.Ed25519PrivateKey
    )
    private_format = serialization.PrivateFormat
    return key.private_bytes(
        serialization.Encoding.PEM,
        private_format.TraditionalOpenSSL if traditional else private_format.PKCS8,
        serialization.NoEncryption(),
    )


def _generate(algorithm: str, size: int) -> PrivateKey:
    if algorithm == "ECDSA":
        return ec.generate_private_key(CURVES[size or 256]())
    if algorithm == "Ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    return rsa.generate_private_key(RSA_EXPONENT, size or RSA_BITS)


@lru_cache(maxsize=128)
def read_private_key(pem: bytes) -> PrivateKey:
    """Read a private key; to check one takes a while, and every look at a certificate asks for it.

    Raises:
        ValueError: it is none that cert-manager makes.

    """
    key = serialization.load_pem_private_key(pem, password=None)
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey):
        raise ValueError("unknown private key type")  # noqa: TRY004 - as all that can't be read
    return key


def new_request(key_pem: bytes, names: list[str], common_name: str) -> bytes:
    """Make a certificate request for names, PEM."""
    key = read_private_key(key_pem)
    attributes = [x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name)] if common_name else []
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name(attributes))
    if names:
        alternatives = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
        builder = builder.add_extension(alternatives, critical=not attributes)
    algorithm = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return builder.sign(key, algorithm).public_bytes(serialization.Encoding.PEM)


def names_of(signed: x509.Certificate | x509.CertificateSigningRequest) -> list[str]:
    """Return the host names that a certificate or a request is for."""
    try:
        extension = signed.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return []
    return extension.value.get_values_for_type(x509.DNSName)


def common_name_of(request: x509.CertificateSigningRequest) -> str:
    """Return the common name that a request is for, empty for none."""
    found = request.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return str(found[0].value) if found else ""


def public_bytes(key: PublicKeyTypes) -> bytes:
    """Return a public key in a form that can be compared."""
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def thumbprint(account_key: bytes) -> str:
    """Return the thumbprint of an account's key (RFC 7638).

    Raises:
        ValueError: the key is not of type RSA: cert-manager makes accounts with no other.

    """
    key = read_private_key(account_key)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError("not of type RSA")  # noqa: TRY004 - as all that can't be read
    numbers = key.public_key().public_numbers()
    members = {"e": _number(numbers.e), "kty": "RSA", "n": _number(numbers.n)}
    text = json.dumps(members, separators=(",", ":"), sort_keys=True)
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")


def _number(value: int) -> str:
    raw = value.to_bytes((value.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
