"""Reports refused public addresses as the cloud provider of Azure does: in events about the Service.

The cloud provider quotes the answer of Azure in the form of its SDK for Go. The service controller of
Kubernetes quotes the cloud provider, and tries again after 5 seconds, then after twice as long each time, up
to 5 minutes.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

from sandbox.clusters.kubernetes_api import Object, create, patch

if TYPE_CHECKING:
    import httpx

FIRST_RETRY_SECONDS, LAST_RETRY_SECONDS = 5.0, 300.0
_RULE = "-" * 80
_SYNC = "Error syncing load balancer: failed to ensure load balancer: "


@dataclass(frozen=True)
class AddressRefusal:
    """An answer of Azure to a request for a public IP address: error code and message."""

    code: str
    message: str

    @property
    def status(self) -> HTTPStatus:
        """Status of the answer."""
        forbidden = self.code.startswith(("RequestDisallowed", "AuthorizationFailed"))
        return HTTPStatus.FORBIDDEN if forbidden else HTTPStatus.BAD_REQUEST


class ServiceEvents:
    """The events about refused addresses in one cluster.

    Args:
        api: client of the cluster's API.

    """

    def __init__(self, api: httpx.AsyncClient) -> None:
        self._api = api
        self._counts: dict[str, int] = {}

    async def report(self, service: Object, refusal: AddressRefusal) -> int:
        """Create the events about a refusal, or count it where they exist; return how often it occurred."""
        answer = _answer(service, refusal)
        await self._occur(service, "azure-cloud-provider", "CreateOrUpdatePublicIPAddress", answer)
        return await self._occur(service, "service-controller", "SyncLoadBalancerFailed", _SYNC + answer)

    async def _occur(self, service: Object, component: str, reason: str, message: str) -> int:
        metadata = service["metadata"]
        name = f"{metadata['name']}.{zlib.crc32((metadata['uid'] + reason + message).encode()):08x}"
        path = f"/api/v1/namespaces/{metadata['namespace']}/events"
        count = self._counts[name] = self._counts.get(name, 0) + 1
        now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        if count == 1:
            await create(self._api, path, _event(service, name, component, reason, message, now))
        else:
            await patch(self._api, f"{path}/{name}", {"count": count, "lastTimestamp": now})
        return count


def retry_seconds(attempts: int) -> float:
    """Return after how many seconds of Azure the service controller tries again."""
    return min(FIRST_RETRY_SECONDS * 2.0 ** (attempts - 1), LAST_RETRY_SECONDS)


def _answer(service: Object, refusal: AddressRefusal) -> str:
    """Return an error as `azcore.ResponseError` of the SDK for Go words it."""
    name = f"kubernetes-a{service['metadata']['uid'].replace('-', '')[:31]}"
    path = f"/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/publicIPAddresses/{name}"
    body = {"error": {"code": refusal.code, "message": refusal.message, "details": []}}
    return "\n".join(
        (
            f"PUT https://management.azure.com{path}",
            _RULE,
            f"RESPONSE {refusal.status}: {refusal.status} {refusal.status.phrase}",
            f"ERROR CODE: {refusal.code}",
            _RULE,
            json.dumps(body, indent=2),
            f"{_RULE}\n",
        )
    )


def _event(  # noqa: PLR0913, PLR0917 - the fields of an event
    service: Object, name: str, component: str, reason: str, message: str, now: str
) -> Object:
    metadata = service["metadata"]
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": name, "namespace": metadata["namespace"]},
        "involvedObject": {
            "apiVersion": "v1",
            "kind": "Service",
            "name": metadata["name"],
            "namespace": metadata["namespace"],
            "uid": metadata["uid"],
        },
        "type": "Warning",
        "reason": reason,
        "message": message,
        "source": {"component": component},
        "firstTimestamp": now,
        "lastTimestamp": now,
        "count": 1,
    }
