"""Signs certificate requests as a public authority does: for 90 days, with the chain behind it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from sandbox.internet.certificate_authorities.problems import AcmeProblem

if TYPE_CHECKING:
    import trustme

LIFETIME = timedelta(days=90)
# Certificates begin a while before they are issued, for clocks that are slow.
BACKDATED = timedelta(hours=1)


class Issuing:
    """One authority's signature.

    Args:
        authority: its intermediate authority.

    """

    def __init__(self, authority: trustme.CA) -> None:
        self._chain = authority.cert_pem.bytes()
        self._certificate = x509.load_pem_x509_certificate(self._chain)
        key = serialization.load_pem_private_key(authority.private_key_pem.bytes(), password=None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)  # noqa: S101 - what trustme makes
        self._key = key

    def sign(self, request: bytes, names: frozenset[str]) -> bytes:
        """Return a certificate for a request, its chain behind it.

        Args:
            request: PEM.
            names: those that were validated.

        Raises:
            AcmeProblem: the request asks for other names, or is none.

        """
        wanted = _read(request)
        if _names_of(wanted) != names:
            raise AcmeProblem(
                "badCSR", "Error finalizing order :: CSR does not specify same identifiers as Order"
            )
        certificate = self._build(wanted, sorted(names)).sign(self._key, hashes.SHA256())
        return certificate.public_bytes(serialization.Encoding.PEM) + self._chain

    def _build(self, wanted: x509.CertificateSigningRequest, names: list[str]) -> x509.CertificateBuilder:
        begin = datetime.now(UTC) - BACKDATED
        issuer_key = self._certificate.public_key()
        assert isinstance(issuer_key, ec.EllipticCurvePublicKey)  # noqa: S101 - what trustme makes
        extensions: list[tuple[x509.ExtensionType, bool]] = [
            # No name in the subject, as with today's public authorities: the names below count alone.
            (x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), True),
            (x509.BasicConstraints(ca=False, path_length=None), True),
            (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
            (x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key), False),
        ]
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([]))
            .issuer_name(self._certificate.subject)
            .public_key(wanted.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(begin)
            .not_valid_after(begin + LIFETIME)
        )
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical=critical)
        return builder


def _read(request: bytes) -> x509.CertificateSigningRequest:
    try:
        return x509.load_pem_x509_csr(request)
    except ValueError as error:
        raise AcmeProblem("badCSR", f"Error parsing certificate request: {error}") from None


def _names_of(request: x509.CertificateSigningRequest) -> frozenset[str]:
    try:
        extension = request.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return frozenset()
    return frozenset(extension.value.get_values_for_type(x509.DNSName))
