"""Renders the objects that cert-manager works with: issuers, the account binding and the certificate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deployer.names import CERT_MANAGER, CERTIFICATE, CREATED_BY, INGRESS_CLASS, TLS_SECRET
from deployer.templating import render_documents

if TYPE_CHECKING:
    from deployer.certificates.authorities import AccountBinding, Authority
    from deployer.names import HubNames

BINDING_SECRET = "account-binding"  # noqa: S105 - the name of a Secret


def render_issuer(authority: Authority, email: str, key_id: str | None = None) -> dict[str, Any]:
    """Return the ClusterIssuer of an authority.

    Args:
        authority: signs the certificates.
        email: address that the authority writes to.
        key_id: key id of the account binding, where the authority requires one.

    """
    return _document(
        "issuer",
        authority=authority,
        email=email,
        key_id=key_id,
        binding_secret=BINDING_SECRET,
        ingress_class=INGRESS_CLASS,
    )


def render_account_binding(binding: AccountBinding) -> dict[str, Any]:
    """Return the Secret with an account binding, in the namespace where cert-manager looks for it."""
    return _document(
        "account_binding",
        secrets=True,
        binding=binding,
        binding_secret=BINDING_SECRET,
        namespace=CERT_MANAGER,
    )


def render_certificate(names: HubNames, authority: Authority) -> dict[str, Any]:
    """Return the Certificate of the hub, to be issued by an authority."""
    return _document(
        "certificate", names=names, authority=authority, certificate=CERTIFICATE, tls_secret=TLS_SECRET
    )


def _document(template: str, *, secrets: bool = False, **context: Any) -> dict[str, Any]:
    path = f"manifests/{template}.yaml.j2"
    (document,) = render_documents(path, secrets=secrets, created_by=CREATED_BY, **context)
    return document
