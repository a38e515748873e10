"""Certificates and kubeconfigs of a control plane, which has a certificate authority for its clients."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import trustme
import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from sandbox.network.authority import IssuedCertificate

if TYPE_CHECKING:
    from sandbox.network.authority import CertificateAuthority

ADMINISTRATORS = "system:masters"
RSA_EXPONENT, RSA_BITS = 65537, 2048


@dataclass(frozen=True)
class KubeconfigNames:
    """The names of the parts of a kubeconfig."""

    cluster: str
    user: str
    context: str


class ClusterCredentials:
    """The credentials of a control plane, new for each cluster.

    Args:
        folder: for the files.
        authority: signs the certificate of the API.
        fqdn: host name of the API.

    Attributes:
        server_ca: certificate of the authority behind the API's certificate.
        client_ca: certificate of the authority behind client certificates.
        certificate: of the API.
        key: of that certificate.
        service_account_key: signs the tokens of service accounts.

    """

    def __init__(self, folder: Path, authority: CertificateAuthority, fqdn: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._clients = trustme.CA(organization_name=fqdn)
        self.server_ca = Path(authority.ca_file)
        self.client_ca = folder / "client-ca.pem"
        self.client_ca.write_bytes(self._clients.cert_pem.bytes())
        self.certificate, self.key = authority.issue(fqdn, "127.0.0.1").write(folder, "api")
        self.service_account_key = self._write_service_account_key()

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

    def client(self, user: str, group: str) -> IssuedCertificate:
        """Return a new client certificate for a user of a group."""
        # Go refuses a certificate whose list of host names is empty.
        issued = self._clients.issue_cert("client.invalid", common_name=user, organization_name=group)
        chain = b"".join(blob.bytes() for blob in issued.cert_chain_pems)
        return IssuedCertificate(chain, issued.private_key_pem.bytes())

    def write_client(self, user: str, group: str) -> tuple[Path, Path]:
        """Write a new client certificate; return the paths of certificate and key."""
        return self.client(user, group).write(self._folder, user.replace(":", "-"))

    def kubeconfig(self, user: str, group: str, server: str, names: KubeconfigNames | None = None) -> str:
        """Return a kubeconfig for a user, whose parts have the user's name unless others are given."""
        issued = self.client(user, group)
        names = names or KubeconfigNames(user, user, user)
        return as_yaml(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "clusters": [
                    {
                        "name": names.cluster,
                        "cluster": {
                            "server": server,
                            "certificate-authority-data": _base64(self.server_ca.read_bytes()),
                        },
                    }
                ],
                "users": [
                    {
                        "name": names.user,
                        "user": {
                            "client-certificate-data": _base64(issued.certificate_pem),
                            "client-key-data": _base64(issued.key_pem),
                        },
                    }
                ],
                "contexts": [
                    {"name": names.context, "context": {"cluster": names.cluster, "user": names.user}}
                ],
                "current-context": names.context,
            }
        )

    def write_kubeconfig(self, user: str, group: str, server: str) -> Path:
        """Write a kubeconfig for a program of the control plane; return its path."""
        path = self._folder / f"{user.replace(':', '-')}.kubeconfig"
        path.write_text(self.kubeconfig(user, group, server), encoding="utf-8")
        return path


def as_yaml(kubeconfig: dict[str, Any]) -> str:
    """Return a kubeconfig as it is written, by libyaml: Python takes half a second for all of a sandbox."""
    return str(yaml.dump(kubeconfig, Dumper=yaml.CSafeDumper))


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()
