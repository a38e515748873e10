"""One issuance of a Certificate: a new key, a request, and at its end a filled Secret or a failure."""

from __future__ import annotations

import asyncio
from base64 import b64decode
from typing import TYPE_CHECKING

from cryptography import x509

from sandbox.clusters.kubernetes_api import patch
from sandbox.clusters.workloads.cert_manager.conditions import (
    condition,
    is_true,
    now,
    parse,
    with_condition,
    without_condition,
)
from sandbox.clusters.workloads.cert_manager.keys import (
    names_of,
    new_private_key,
    new_request,
    public_bytes,
    read_private_key,
)
from sandbox.clusters.workloads.cert_manager.policies import GROUP, mismatches, read_request
from sandbox.clusters.workloads.cert_manager.resources import CERTIFICATES, REQUESTS, add, is_going, remove
from sandbox.clusters.workloads.cert_manager.secret_data import (
    CERTIFICATE,
    PRIVATE_KEY,
    content,
    encoded,
    find_secret,
    secrets_path,
)

if TYPE_CHECKING:
    import httpx

    from sandbox.clusters.kubernetes_api import Object

NEXT_KEY = "nextPrivateKeySecretName"
CONTROLLED = {"controller.cert-manager.io/fao": "true"}
FAILED_MESSAGE = "The certificate request has failed to complete and will be retried: "


class Issuance:
    """Moves an issuance on, a step at a time.

    Args:
        api: client of the cluster's API.

    """

    def __init__(self, api: httpx.AsyncClient) -> None:
        self._api = api

    async def move_on(self, certificate: Object, status: Object, requests: list[Object]) -> Object:
        """Do the next step; return the Certificate's status after it.

        Args:
            certificate: one whose condition Issuing holds.
            status: its status.
            requests: its CertificateRequests of the revision that is being issued.

        """
        namespace = certificate["metadata"]["namespace"]
        name = status.get(NEXT_KEY)
        secret = await find_secret(self._api, namespace, name) if name else None
        if secret is None:
            return {**status, NEXT_KEY: await self._make_key(certificate)}
        key = content(secret, PRIVATE_KEY)
        usable = [request for request in requests if await self._keep(certificate, request, key)]
        if not usable:
            await self._request(certificate, status, key)
            return status
        return await self._finish(certificate, status, usable[0], key)

    async def _make_key(self, certificate: Object) -> str:
        """Make the private key of the next certificate; return the name of its Secret."""
        metadata = certificate["metadata"]
        key = await asyncio.to_thread(new_private_key, certificate["spec"].get("privateKey") or {})
        body = {
            "metadata": {
                "generateName": f"{metadata['name']}-",
                "labels": {"cert-manager.io/next-private-key": "true", **CONTROLLED},
                "ownerReferences": [CERTIFICATES.owner_of(certificate)],
            },
            "data": encoded({PRIVATE_KEY: key}),
        }
        made = await add(self._api, secrets_path(metadata["namespace"]), body)
        return str(made["metadata"]["name"])

    async def _keep(self, certificate: Object, request: Object, key: bytes) -> bool:
        """Whether a request is part of this issuance; one that is not is deleted."""
        if is_going(request):
            return False
        own_key = public_bytes(read_private_key(key).public_key())
        if (
            not mismatches(request, certificate)
            and public_bytes(read_request(request).public_key()) == own_key
            and not _failed_before(request, certificate)
        ):
            return True
        await remove(self._api, REQUESTS.path(request))
        return False

    async def _request(self, certificate: Object, status: Object, key: bytes) -> None:
        metadata, spec = certificate["metadata"], certificate["spec"]
        revision = int(status.get("revision") or 0) + 1
        asked = new_request(key, spec.get("dnsNames") or [], spec.get("commonName") or "")
        body = {
            "apiVersion": REQUESTS.api_version,
            "kind": REQUESTS.kind,
            "metadata": {
                "name": f"{metadata['name']}-{revision}",
                "labels": metadata.get("labels") or {},
                "annotations": {
                    f"{GROUP}/certificate-name": metadata["name"],
                    f"{GROUP}/certificate-revision": str(revision),
                    f"{GROUP}/private-key-secret-name": status[NEXT_KEY],
                },
                "ownerReferences": [CERTIFICATES.owner_of(certificate)],
            },
            "spec": {
                **{field: spec[field] for field in ("duration", "isCA", "usages") if field in spec},
                "issuerRef": spec["issuerRef"],
                **encoded({"request": asked}),
            },
        }
        await add(self._api, REQUESTS.collection(metadata["namespace"]), body)

    async def _finish(self, certificate: Object, status: Object, request: Object, key: bytes) -> Object:
        """Return the status after what became of the request, the same while it is under way."""
        outcome = condition(request.get("status") or {}, "Ready")
        if is_true(request, "Denied"):
            outcome = condition(request["status"], "Denied")
        elif outcome is None or outcome["reason"] not in {"Failed", "Issued"}:
            return status
        elif outcome["reason"] == "Issued":
            await self._fill_secret(certificate, request, key)
            return {
                **{
                    name: value
                    for name, value in without_condition(status, "Issuing").items()
                    if name not in FAILURE
                },
                "revision": int(status.get("revision") or 0) + 1,
            }
        return _failed(certificate, status, outcome or {})

    async def _fill_secret(self, certificate: Object, request: Object, key: bytes) -> None:
        namespace, name = certificate["metadata"]["namespace"], certificate["spec"]["secretName"]
        chain = b64decode(request["status"]["certificate"])
        template = certificate["spec"].get("secretTemplate") or {}
        metadata = {
            "labels": {**CONTROLLED, **(template.get("labels") or {})},
            "annotations": {
                **_annotations(certificate, request, chain),
                **(template.get("annotations") or {}),
            },
        }
        data = encoded({CERTIFICATE: chain, PRIVATE_KEY: key})
        path = secrets_path(namespace)
        if await find_secret(self._api, namespace, name):
            await patch(self._api, f"{path}/{name}", {"metadata": metadata, "data": data})
        else:
            body = {"type": "kubernetes.io/tls", "metadata": {"name": name, **metadata}, "data": data}
            await add(self._api, path, body)


FAILURE = ("lastFailureTime", "failedIssuanceAttempts")


def _failed(certificate: Object, status: Object, outcome: Object) -> Object:
    attempts = int(status.get("failedIssuanceAttempts") or 0) + 1
    return with_condition(
        {**status, "lastFailureTime": now(), "failedIssuanceAttempts": attempts},
        "Issuing",
        holds=False,
        reason=outcome["reason"],
        message=FAILED_MESSAGE + outcome["message"],
        generation=certificate["metadata"]["generation"],
    )


def _failed_before(request: Object, certificate: Object) -> bool:
    """Whether a request failed in an earlier issuance."""
    failure = (request.get("status") or {}).get("failureTime")
    issuing = condition(certificate["status"], "Issuing")
    return bool(failure and issuing and parse(failure) < parse(issuing["lastTransitionTime"]))


def _annotations(certificate: Object, request: Object, chain: bytes) -> dict[str, str]:
    """Return what a Secret says of the certificate that it holds."""
    issuer = request["spec"]["issuerRef"]
    names = names_of(x509.load_pem_x509_certificate(chain))
    return {
        f"{GROUP}/alt-names": ",".join(names),
        f"{GROUP}/certificate-name": certificate["metadata"]["name"],
        f"{GROUP}/common-name": "",
        f"{GROUP}/ip-sans": "",
        f"{GROUP}/issuer-group": issuer.get("group", ""),
        f"{GROUP}/issuer-kind": issuer.get("kind", ""),
        f"{GROUP}/issuer-name": issuer["name"],
        f"{GROUP}/uri-sans": "",
    }
