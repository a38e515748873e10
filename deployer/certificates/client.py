"""Reads and changes the Certificate of the hub and the objects that belong to it in the cluster."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from deployer.certificates.manifests import (
    BINDING_SECRET,
    render_account_binding,
    render_certificate,
    render_issuer,
)
from deployer.certificates.state import CertificateObjects, CertificateState, read_state
from deployer.kubernetes.objects import (
    ObjectName,
    ensure_object,
    find_object,
    list_objects,
    patch_object,
    remove_object,
)
from deployer.names import CERT_MANAGER, CERTIFICATE, OWN_LABEL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kr8s.asyncio import Api

    from deployer.certificates.authorities import AccountBinding, Authority
    from deployer.names import HubNames

CERTIFICATES_API, ACME_API = "cert-manager.io/v1", "acme.cert-manager.io/v1"


class CertificateClient:
    """The certificate of one hub.

    Args:
        api: the cluster's API.
        names: of the hub.

    """

    def __init__(self, api: Api, names: HubNames) -> None:
        self._api = api
        self._names = names
        self._certificate = ObjectName(CERTIFICATES_API, "Certificate", CERTIFICATE, names.namespace)

    async def state(self) -> CertificateState:
        """Return the state of the certificate."""
        certificate = await find_object(self._api, self._certificate)
        if certificate is None:
            return read_state(CertificateObjects())
        issuer = await find_object(self._api, _issuer(certificate["spec"]["issuerRef"]["name"]))
        namespace = self._names.namespace
        return read_state(
            CertificateObjects(
                certificate,
                issuer,
                await list_objects(self._api, CERTIFICATES_API, "CertificateRequest", namespace),
                await list_objects(self._api, ACME_API, "Order", namespace),
                await list_objects(self._api, ACME_API, "Challenge", namespace),
            )
        )

    async def names_are_wanted(self) -> bool:
        """Return whether the Certificate is for the current host names of the hub."""
        certificate = await find_object(self._api, self._certificate) or {}
        wanted = {self._names.binder_host, self._names.hub_host}
        return set(certificate.get("spec", {}).get("dnsNames", ())) == wanted

    async def point_at(self, authority: Authority) -> bool:
        """Let an authority issue the certificate; return whether that changed the Certificate."""
        return await ensure_object(self._api, render_certificate(self._names, authority))

    async def request_again(self) -> None:
        """Let cert-manager try again now instead of at its next attempt."""
        certificate = await find_object(self._api, self._certificate)
        if certificate is None:
            return
        others = [
            condition
            for condition in certificate.get("status", {}).get("conditions", ())
            if condition["type"] != "Issuing"
        ]
        # The condition that `cmctl renew` sets. Deleting the CertificateRequest would not end the backoff.
        issuing = {
            "type": "Issuing",
            "status": "True",
            "reason": "ManuallyTriggered",
            "message": "Certificate re-issuance manually triggered",
            "observedGeneration": certificate["metadata"]["generation"],
            "lastTransitionTime": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        }
        changes = {"status": {"conditions": [*others, issuing]}}
        await patch_object(self._api, self._certificate, changes, subresource="status")

    async def ensure_issuer(self, authority: Authority, email: str, key_id: str | None) -> bool:
        """Create or update the ClusterIssuer of an authority; return whether that changed anything."""
        return await ensure_object(self._api, render_issuer(authority, email, key_id))

    async def remove_issuer(self, issuer: str) -> None:
        """Remove a ClusterIssuer; creating it again makes cert-manager register its account again."""
        await remove_object(self._api, _issuer(issuer))

    async def own_issuers(self) -> list[str]:
        """Return the names of the ClusterIssuers that the deployer created."""
        found = await list_objects(self._api, CERTIFICATES_API, "ClusterIssuer")
        return [one["metadata"]["name"] for one in found if _is_ours(one)]

    async def remove_certificate(self) -> None:
        """Remove the Certificate with its requests, orders and challenges; the Secret stays."""
        await remove_object(self._api, self._certificate)

    async def remaining(self) -> list[str]:
        """Return the orders and challenges in the namespace of the hub, as `Kind/name`."""
        return [
            f"{kind}/{one['metadata']['name']}"
            for kind in ("Order", "Challenge")
            for one in await list_objects(self._api, ACME_API, kind, self._names.namespace)
        ]

    async def bound_key_id(self) -> str | None:
        """Return the key id of the account binding in the cluster, None where there is none."""
        found = await find_object(self._api, ObjectName("v1", "Secret", BINDING_SECRET, CERT_MANAGER))
        encoded: Any = (found or {}).get("data", {}).get("keyId")
        return base64.b64decode(encoded).decode() if encoded else None

    async def keep_binding(self, binding: AccountBinding) -> None:
        """Store an account binding in the cluster."""
        await ensure_object(self._api, render_account_binding(binding))


def _is_ours(item: Mapping[str, Any]) -> bool:
    return OWN_LABEL.items() <= (item["metadata"].get("labels") or {}).items()


def _issuer(name: str) -> ObjectName:
    return ObjectName(CERTIFICATES_API, "ClusterIssuer", name)
