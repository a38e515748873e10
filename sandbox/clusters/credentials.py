"""Certificates and kubeconfigs of one control plane: its own authority for clients, as every cluster has."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import trustme
import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

if TYPE_CHECKING:
    from sandbox.network.authority import CertificateAuthority

ADMINISTRATORS = "system:masters"
RSA_EXPONENT, RSA_BITS = 65537, 2048


@dataclass(frozen=True)
class ClientCertificate:
    """A client certificate and its key, PEM."""

    certificate: bytes
    key: bytes


class ClusterCredentials:
    """Files of one control plane, made anew at each creation.

    Args:
        folder: where the files are kept.
        authority: the sandbox's, which signs the API's certificate.
        fqdn: host name of the API.

    """

    def __init__(self, folder: Path, authority: CertificateAuthority, fqdn: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._fqdn = fqdn
        self._clients = trustme.CA(organization_name=fqdn)
        self.server_ca = Path(authority.ca_file)
        self.client_ca = folder / "client-ca.pem"
        self.client_ca.write_bytes(self._clients.cert_pem.bytes())
        self.certificate, self.key = self._write_server_certificate(authority)
        self.service_account_key = self._write_service_account_key()

    def _write_server_certificate(self, authority: CertificateAuthority) -> tuple[Path, Path]:
        issued = authority.issue(self._fqdn, "127.0.0.1")
        certificate, key = self._folder / "api.pem", self._folder / "api-key.pem"
        certificate.write_bytes(issued.certificate_pem)
        key.write_bytes(issued.key_pem)
        return certificate, key

    def _write_service_account_key(self) -> Path:
        key = rsa.generate_private_key(RSA_EXPONENT, RSA_BITS)
        path = self._folder / "service-accounts.pem"
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.TraditionalOpenSSL,
                serialization.NoEncryption(),
            )
        )
        return path

    def client(self, user: str, group: str) -> ClientCertificate:
        """Issue a client certificate for a user of a group."""
        # Without any host name the extension for them would be empty, and Go refuses that.
        issued = self._clients.issue_cert("client.invalid", common_name=user, organization_name=group)
        chain = b"".join(blob.bytes() for blob in issued.cert_chain_pems)
        return ClientCertificate(chain, issued.private_key_pem.bytes())

    def write_client(self, user: str, group: str) -> tuple[Path, Path]:
        """Issue a client certificate into files."""
        issued = self.client(user, group)
        stem = user.replace(":", "-")
        certificate, key = self._folder / f"{stem}.pem", self._folder / f"{stem}-key.pem"
        certificate.write_bytes(issued.certificate)
        key.write_bytes(issued.key)
        return certificate, key

    def kubeconfig(self, user: str, group: str, server: str) -> str:
        """Compose a kubeconfig for a user, as `az aks get-credentials` hands it out."""
        issued = self.client(user, group)
        name = self._fqdn.split("-", maxsplit=1)[0]
        return yaml.safe_dump(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "clusters": [
                    {
                        "name": name,
                        "cluster": {
                            "server": server,
                            "certificate-authority-data": _base64(self.server_ca.read_bytes()),
                        },
                    }
                ],
                "users": [
                    {
                        "name": user,
                        "user": {
                            "client-certificate-data": _base64(issued.certificate),
                            "client-key-data": _base64(issued.key),
                        },
                    }
                ],
                "contexts": [{"name": name, "context": {"cluster": name, "user": user}}],
                "current-context": name,
            }
        )

    def write_kubeconfig(self, user: str, group: str, server: str) -> Path:
        """Write a kubeconfig for one of the control plane's own programs."""
        path = self._folder / f"{user.replace(':', '-')}.kubeconfig"
        path.write_text(self.kubeconfig(user, group, server), encoding="utf-8")
        return path


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()
