"""The sandbox's certificate authority: every host that is answered here has a certificate of it."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING

import trustme

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class IssuedCertificate:
    """A certificate with its chain, and its key, PEM."""

    certificate_pem: bytes
    key_pem: bytes

    def write(self, folder: Path, name: str) -> tuple[Path, Path]:
        """Write both into a folder; return the paths of certificate and key."""
        folder.mkdir(parents=True, exist_ok=True)
        certificate, key = folder / f"{name}.pem", folder / f"{name}-key.pem"
        certificate.write_bytes(self.certificate_pem)
        key.write_bytes(self.key_pem)
        return certificate, key


class CertificateAuthority:
    """Issues certificates that whoever trusts `ca_file` accepts.

    Args:
        folder: where the authority's own certificate is written.

    """

    def __init__(self, folder: Path) -> None:
        self._ca = trustme.CA(organization_name="Sandbox")
        self._contexts: dict[str, ssl.SSLContext] = {}
        folder.mkdir(parents=True, exist_ok=True)
        self.ca_file = folder / "ca.pem"
        self._ca.cert_pem.write_to_path(str(self.ca_file))

    def issue(self, *hosts: str) -> IssuedCertificate:
        """Issue a certificate for host names (wildcards allowed) or addresses."""
        issued = self._ca.issue_cert(*hosts)
        chain = b"".join(blob.bytes() for blob in issued.cert_chain_pems)
        return IssuedCertificate(chain, issued.private_key_pem.bytes())

    def sub_authority(self, organisation: str, name: str) -> trustme.CA:
        """Make an authority that signs in this one's name; its certificates come with its own in a chain."""
        return trustme.CA(parent_cert=self._ca, organization_name=organisation, organization_unit_name=name)

    def server_context(self, host: str) -> ssl.SSLContext:
        """Return a TLS context that shows a certificate for one host, issued when first asked for."""
        if host not in self._contexts:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._ca.issue_cert(host).configure_cert(context)
            self._contexts[host] = context
        return self._contexts[host]
