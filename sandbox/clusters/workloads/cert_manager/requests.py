"""CertificateRequests: approved, turned into an order, and answered with what became of it."""

from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING
from zlib import crc32

from cryptography import x509

from sandbox.clusters.workloads.cert_manager.conditions import is_true, now, reason, with_condition
from sandbox.clusters.workloads.cert_manager.keys import common_name_of, names_of
from sandbox.clusters.workloads.cert_manager.reconciling import keep_reconciling
from sandbox.clusters.workloads.cert_manager.resources import (
    CLUSTER_ISSUERS,
    ISSUERS,
    ORDERS,
    REQUESTS,
    add,
    find,
    is_going,
    is_owned_by,
    list_all,
    set_status,
)

if TYPE_CHECKING:
    import httpx

    from sandbox.clusters.kubernetes_api import Object
    from sandbox.clusters.workloads.cert_manager.accounts import Accounts

FAILURE_STATES = {"invalid", "expired", "errored"}
APPROVED_MESSAGE = "Certificate request has been approved by cert-manager.io"
ISSUED_MESSAGE = "Certificate fetched from issuer successfully"
LONGEST_PREFIX = 52


class Requests:
    """Answers CertificateRequests whose issuer is an ACME authority.

    Args:
        api: client of the cluster's API.
        accounts: finds issuers.

    """

    def __init__(self, api: httpx.AsyncClient, accounts: Accounts) -> None:
        self._api = api
        self._accounts = accounts

    async def run(self) -> None:
        """Serve requests for as long as cert-manager runs."""
        resources = (REQUESTS, ORDERS, ISSUERS, CLUSTER_ISSUERS)
        paths = tuple(resource.everywhere for resource in resources)
        await keep_reconciling(self._api, paths, self._reconcile)

    async def _reconcile(self) -> None:
        for request in await list_all(self._api, REQUESTS.everywhere):
            if not is_going(request) and reason(request, "Ready") not in {"Failed", "Issued"}:
                await set_status(self._api, REQUESTS, request, await self._answer(request))

    async def _answer(self, request: Object) -> Object:
        status = request.get("status") or {}
        if not is_true(request, "Approved"):
            return with_condition(
                status, "Approved", holds=True, reason="cert-manager.io", message=APPROVED_MESSAGE
            )
        issuer = await self._accounts.issuer_of(request)
        if issuer is None:
            kind = request["spec"]["issuerRef"].get("kind") or ISSUERS.kind
            name = request["spec"]["issuerRef"]["name"]
            trouble = f'{kind.lower()}.cert-manager.io "{name}" not found'
            return _pending(status, f'Referenced "{kind}" not found: {trouble}')
        if "acme" not in issuer["spec"]:
            return status
        if not is_true(issuer, "Ready"):
            return _pending(status, "Referenced issuer does not have a Ready status condition")
        return await self._order(request, status)

    async def _order(self, request: Object, status: Object) -> Object:
        """Return the status of a request by the state of its order; there is one afterwards."""
        wanted = _order_for(request)
        order = await find(self._api, ORDERS.path(wanted))
        full_name = f"{wanted['metadata']['namespace']}/{wanted['metadata']['name']}"
        if order is None:
            await add(self._api, ORDERS.collection(wanted["metadata"]["namespace"]), wanted)
            return _pending(status, f"Created Order resource {full_name}")
        if not is_owned_by(order, request):
            return status
        found = order.get("status") or {}
        state = found.get("state", "")
        if state in FAILURE_STATES:
            return _failed(status, order["metadata"]["name"], state, found.get("reason", ""))
        if state != "valid":
            return _pending(status, f'Waiting on certificate issuance from order {full_name}: "{state}"')
        if not found.get("certificate"):
            message = f"Waiting for order-controller to add certificate data to Order {full_name}"
            return _pending(status, message)
        issued = {**status, "certificate": found["certificate"]}
        return with_condition(issued, "Ready", holds=True, reason="Issued", message=ISSUED_MESSAGE)


def _pending(status: Object, message: str) -> Object:
    return with_condition(status, "Ready", holds=False, reason="Pending", message=message)


def _failed(status: Object, order: str, state: str, reason: str) -> Object:
    message = (
        f'Failed to wait for order resource "{order}" to become ready: order is in "{state}" state: {reason}'
    )
    failed = {**status, "failureTime": status.get("failureTime") or now()}
    return with_condition(failed, "Ready", holds=False, reason="Failed", message=message)


def _order_for(request: Object) -> Object:
    """Return the order that answers a request."""
    metadata, spec = request["metadata"], request["spec"]
    asked = x509.load_pem_x509_csr(b64decode(spec["request"]))
    common_name = common_name_of(asked)
    wanted: Object = {"issuerRef": spec["issuerRef"], "dnsNames": names_of(asked)}
    if common_name:
        wanted["commonName"] = common_name
    return {
        "apiVersion": ORDERS.api_version,
        "kind": ORDERS.kind,
        "metadata": {
            "name": derived_name(metadata["name"], wanted),
            "namespace": metadata["namespace"],
            "labels": metadata.get("labels") or {},
            "annotations": metadata.get("annotations") or {},
            "ownerReferences": [REQUESTS.owner_of(request)],
        },
        "spec": {**wanted, "request": spec["request"]},
    }


def derived_name(prefix: str, spec: Object) -> str:
    """Return a name that is the same whenever the same thing is wanted."""
    return f"{prefix[:LONGEST_PREFIX].rstrip('-.')}-{crc32(repr(spec).encode())}"
