"""Kubernetes objects that no chart brings: what foreign code may reach, and who certifies the hub's names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deployer.names import CERT_MANAGER, CERTIFICATE, CREATED_BY, INGRESS_CLASS, TLS_SECRET
from deployer.templating import render_documents

if TYPE_CHECKING:
    from deployer.authorities import AccountBinding, Authority
    from deployer.names import HubNames

BINDING_SECRET = "account-binding"  # noqa: S105 - the name of a Secret


def render_namespace(names: HubNames) -> tuple[dict[str, Any], ...]:
    """Return the objects to apply before the release, in this order.

    The namespace itself, its default service account (which build pods use) without a token, requests for
    containers that name none, and the network policy of user pods, build pods and the image builder.
    """
    return tuple(
        document
        for template in ("manifests/namespace.yaml.j2", "manifests/network_policy.yaml.j2")
        for document in render_documents(template, names=names)
    )


def render_issuer(authority: Authority, email: str, key_id: str | None = None) -> dict[str, Any]:
    """Return the ClusterIssuer of an authority.

    Args:
        authority: whom it stands for.
        email: whom the authority writes to.
        key_id: of the account's binding, where the authority wants one.

    """
    return _one(
        "issuer",
        authority=authority,
        email=email,
        key_id=key_id,
        binding_secret=BINDING_SECRET,
        ingress_class=INGRESS_CLASS,
    )


def render_account_binding(binding: AccountBinding) -> dict[str, Any]:
    """Return the Secret that keeps an account's binding, where cert-manager looks for it."""
    return _one(
        "account_binding",
        secrets=True,
        binding=binding,
        binding_secret=BINDING_SECRET,
        namespace=CERT_MANAGER,
    )


def render_certificate(names: HubNames, authority: Authority) -> dict[str, Any]:
    """Return the hub's one Certificate, to be had from an authority."""
    return _one(
        "certificate", names=names, authority=authority, certificate=CERTIFICATE, tls_secret=TLS_SECRET
    )


def _one(template: str, *, secrets: bool = False, **context: Any) -> dict[str, Any]:
    path = f"manifests/{template}.yaml.j2"
    (document,) = render_documents(path, secrets=secrets, created_by=CREATED_BY, **context)
    return document
