"""cert-manager's kinds of objects in a cluster's API: where they are, and how their status is written."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.clusters.kubernetes_api import MERGE_PATCH, Object

if TYPE_CHECKING:
    import httpx

NOT_FOUND = 404


@dataclass(frozen=True)
class Resource:
    """A kind of object.

    Attributes:
        group: API group.
        kind: its name in objects.
        plural: its name in paths.

    """

    group: str
    kind: str
    plural: str

    @property
    def api_version(self) -> str:
        """What objects of this kind say of themselves."""
        return f"{self.group}/v1"

    @property
    def everywhere(self) -> str:
        """Path of all objects, in whatever namespace."""
        return f"/apis/{self.api_version}/{self.plural}"

    def collection(self, namespace: str) -> str:
        """Path of a namespace's objects."""
        return f"/apis/{self.api_version}/namespaces/{namespace}/{self.plural}"

    def path(self, item: Object) -> str:
        """Path of one object."""
        metadata = item["metadata"]
        namespace = metadata.get("namespace")
        return f"{self.collection(namespace) if namespace else self.everywhere}/{metadata['name']}"

    def owner_of(self, item: Object) -> Object:
        """Return what an object says that is owned, and controlled, by one of this kind."""
        return {
            "apiVersion": self.api_version,
            "kind": self.kind,
            "name": item["metadata"]["name"],
            "uid": item["metadata"]["uid"],
            "controller": True,
            "blockOwnerDeletion": True,
        }


CERTIFICATES = Resource("cert-manager.io", "Certificate", "certificates")
REQUESTS = Resource("cert-manager.io", "CertificateRequest", "certificaterequests")
ISSUERS = Resource("cert-manager.io", "Issuer", "issuers")
CLUSTER_ISSUERS = Resource("cert-manager.io", "ClusterIssuer", "clusterissuers")
ORDERS = Resource("acme.cert-manager.io", "Order", "orders")
CHALLENGES = Resource("acme.cert-manager.io", "Challenge", "challenges")


def is_owned_by(item: Object, owner: Object) -> bool:
    """Whether an object is controlled by another one."""
    return any(
        reference["uid"] == owner["metadata"]["uid"] and reference.get("controller")
        for reference in item["metadata"].get("ownerReferences") or ()
    )


def is_going(item: Object) -> bool:
    """Whether an object is being deleted."""
    return "deletionTimestamp" in item["metadata"]


async def list_all(api: httpx.AsyncClient, path: str, labels: str = "") -> list[Object]:
    """Return all objects of a collection, or those with certain labels."""
    answer = await api.get(path, params={"labelSelector": labels} if labels else {})
    return list(answer.raise_for_status().json()["items"])


async def find(api: httpx.AsyncClient, path: str) -> Object | None:
    """Return an object, None where there is none."""
    answer = await api.get(path)
    if answer.status_code == NOT_FOUND:
        return None
    return dict(answer.raise_for_status().json())


async def add(api: httpx.AsyncClient, path: str, body: Object) -> Object:
    """Create an object; one of that name in its way is an error, to be tried again."""
    return dict((await api.post(path, json=body)).raise_for_status().json())


async def remove(api: httpx.AsyncClient, path: str) -> None:
    """Delete an object, if it is there."""
    answer = await api.delete(path)
    if answer.status_code != NOT_FOUND:
        answer.raise_for_status()


async def set_status(api: httpx.AsyncClient, resource: Resource, item: Object, status: Object) -> None:
    """Let an object have a status; nothing is sent when it has it already, or when it is gone."""
    present = item.get("status") or {}
    changed: dict[str, Any] = {key: value for key, value in status.items() if present.get(key) != value}
    changed |= dict.fromkeys(present.keys() - status.keys())
    if not changed:
        return
    body = json.dumps({"status": changed})
    answer = await api.patch(f"{resource.path(item)}/status", content=body, headers=MERGE_PATCH)
    if answer.status_code != NOT_FOUND:
        answer.raise_for_status()
