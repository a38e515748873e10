"""The certificate authority of the sandbox, which issues the certificates of the hosts served here."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING

import trustme

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class IssuedCertificate:
    """A certificate with its chain, and its key, as PEM."""

    certificate_pem: bytes
    key_pem: bytes

    def write(self, folder: Path, name: str) -> tuple[Path, Path]:
        """Write certificate and key into a folder; return their paths."""
        folder.mkdir(parents=True, exist_ok=True)
        certificate, key = folder / f"{name}.pem", folder / f"{name}-key.pem"
        certificate.write_bytes(self.certificate_pem)
        key.write_bytes(self.key_pem)
        return certificate, key


class CertificateAuthority:
    """Issues certificates.

    Args:
        folder: where the certificate of the authority is written.

    Attributes:
        ca_file: that certificate, which clients trust.

    """

    def __init__(self, folder: Path) -> None:
        self._ca = trustme.CA(organization_name="Sandbox")
        self._contexts: dict[str, ssl.SSLContext] = {}
        folder.mkdir(parents=True, exist_ok=True)
        self.ca_file = folder / "ca.pem"
        self._ca.cert_pem.write_to_path(str(self.ca_file))

    def issue(self, *hosts: str) -> IssuedCertificate:
        """Return a new certificate for host names, wildcards or addresses."""
        issued = self._ca.issue_cert(*hosts)
        chain = b"".join(blob.bytes() for blob in issued.cert_chain_pems)
        return IssuedCertificate(chain, issued.private_key_pem.bytes())

    def server_context(self, host: str) -> ssl.SSLContext:
        """Return the TLS context of a host, whose certificate is issued at the first call."""
        if host not in self._contexts:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._ca.issue_cert(host).configure_cert(context)
            self._contexts[host] = context
        return self._contexts[host]
