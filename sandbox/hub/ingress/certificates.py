"""The certificate that Traefik shows: the best of the Secrets that Ingresses name, else one of its own."""

from __future__ import annotations

import secrets
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

DEFAULT_NAME = "TRAEFIK DEFAULT CERT"
REMEMBERED = 64
LIFE = timedelta(days=365)


@dataclass(frozen=True)
class KeyPair:
    """What a Secret of type `kubernetes.io/tls` holds: a certificate with its chain, and its key, PEM."""

    certificate: bytes
    key: bytes

    def fit(self, host: str) -> int:
        """How well the certificate fits a host: 2 by name, 1 by a wildcard, 0 not at all."""
        names = _names(self.certificate)
        if host in names:
            return 2
        return int(f"*.{host.partition('.')[2]}" in names)

    def context(self) -> ssl.SSLContext | None:
        """Return a TLS context that shows the certificate, None where certificate and key are of no use."""
        return _context(self)


@lru_cache(REMEMBERED)
def _names(certificate: bytes) -> frozenset[str]:
    """Return the host names of a certificate, none where it can't be read."""
    try:
        leaf = x509.load_pem_x509_certificates(certificate)[0]
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, x509.ExtensionNotFound):
        return frozenset()
    return frozenset(name.lower() for name in names.get_values_for_type(x509.DNSName))


@lru_cache(REMEMBERED)
def _context(pair: KeyPair) -> ssl.SSLContext | None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with TemporaryDirectory() as folder:  # readable by us alone
        certificate, key = Path(folder, "certificate.pem"), Path(folder, "key.pem")
        certificate.write_bytes(pair.certificate)
        key.write_bytes(pair.key)
        try:
            context.load_cert_chain(certificate, key)
        except ssl.SSLError:
            return None
    return context


@cache
def default_context() -> ssl.SSLContext:
    """Return the context of the certificate that Traefik signs itself at its start."""
    context = _default_pair().context()
    if context is None:
        raise ValueError("the certificate that was just made can't be used")
    return context


def _default_pair() -> KeyPair:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, DEFAULT_NAME)])
    now = datetime.now(UTC)
    host = f"{secrets.token_hex(16)}.{secrets.token_hex(16)}.traefik.default"
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + LIFE)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return KeyPair(certificate.public_bytes(serialization.Encoding.PEM), pem)
