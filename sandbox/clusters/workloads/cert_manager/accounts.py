"""The ACME account of an issuer: its private key in a Secret, and what the authority knows it by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.clusters.workloads.cert_manager.conditions import is_true
from sandbox.clusters.workloads.cert_manager.keys import thumbprint
from sandbox.clusters.workloads.cert_manager.resources import CLUSTER_ISSUERS, ISSUERS, find
from sandbox.clusters.workloads.cert_manager.secret_data import PRIVATE_KEY, content, find_secret

if TYPE_CHECKING:
    import httpx

    from sandbox.clusters.kubernetes_api import Object
    from sandbox.internet.certificate_authorities.authorities import CertificateAuthorities
    from sandbox.internet.certificate_authorities.authority import AcmeAuthority


@dataclass(frozen=True)
class Account:
    """An issuer's account.

    Attributes:
        issuer: the issuer.
        authority: where the account is.
        url: its address there.
        thumbprint: of its key.

    """

    issuer: Object
    authority: AcmeAuthority
    url: str
    thumbprint: str

    def answer_to(self, token: str) -> str:
        """Return what a host has to answer to a token (RFC 8555, section 8.1)."""
        return f"{token}.{self.thumbprint}"


class Accounts:
    """Finds issuers and their accounts.

    Args:
        api: client of the cluster's API.
        authorities: those of the internet.
        namespace: where Secrets of issuers of the whole cluster are.

    """

    def __init__(self, api: httpx.AsyncClient, authorities: CertificateAuthorities, namespace: str) -> None:
        self._api = api
        self._authorities = authorities
        self._namespace = namespace

    def home_of(self, issuer: Object) -> str:
        """Return the namespace of an issuer's Secrets."""
        return str(issuer["metadata"].get("namespace") or self._namespace)

    async def issuer_of(self, item: Object) -> Object | None:
        """Return the issuer that an object refers to, None where there is none."""
        reference = item["spec"]["issuerRef"]
        body = {"metadata": {"name": reference["name"], "namespace": item["metadata"]["namespace"]}}
        if reference.get("kind") == CLUSTER_ISSUERS.kind:
            del body["metadata"]["namespace"]
            return await find(self._api, CLUSTER_ISSUERS.path(body))
        return await find(self._api, ISSUERS.path(body))

    async def account_of(self, item: Object) -> Account | None:
        """Return the account that an object's issuer orders with, None where it is not ready."""
        issuer = await self.issuer_of(item)
        if issuer is None or "acme" not in issuer["spec"] or not is_true(issuer, "Ready"):
            return None
        acme = issuer["spec"]["acme"]
        authority = self._authorities.at(acme["server"])
        reference = acme["privateKeySecretRef"]
        secret = await find_secret(self._api, self.home_of(issuer), reference["name"])
        key = content(secret, reference.get("key") or PRIVATE_KEY)
        if authority is None or not key:
            return None
        print_of_key = thumbprint(key)
        url = authority.account(print_of_key)
        return Account(issuer, authority, url, print_of_key) if url else None
