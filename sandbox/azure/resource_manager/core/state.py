"""What exists: the resources of all subscriptions and a record of who changed what.

Secrets live beside a resource's document, never in it, so that nothing that shows a document can show one.
"""

from __future__ import annotations

import copy
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sandbox.azure.resource_manager.core.ids import lies_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.azure.resource_manager.core.backends import Principal
    from sandbox.azure.resource_manager.core.errors import ArmError
    from sandbox.azure.resource_manager.core.ids import ResourceId


def timestamp(moment: datetime | None = None) -> str:
    """A moment (now by default) as Azure writes it."""
    return (moment or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@dataclass
class Resource:
    """One resource.

    Args:
        id: where it is, in Azure's spelling.
        document: what a GET shows, without id, name and type: location, tags, sku, identity, properties, ….
        secrets: what is never shown: passwords, secure values, by a name of the provider's choice.
        internals: further data of the provider's own, not shown either.

    """

    id: ResourceId
    document: dict[str, Any]
    secrets: dict[str, Any] = field(default_factory=dict)
    internals: dict[str, Any] = field(default_factory=dict)
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    etag: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def properties(self) -> dict[str, Any]:
        """The document's properties, to read and to change."""
        properties: dict[str, Any] = self.document.setdefault("properties", {})
        return properties

    @property
    def location(self) -> str:
        """The region, "" for a type that has none."""
        return str(self.document.get("location", ""))

    @property
    def tags(self) -> dict[str, str]:
        """The tags."""
        return self.document.get("tags") or {}

    @property
    def provisioning_state(self) -> str:
        """Azure's provisioning state; what has none is as good as provisioned."""
        return str(self.properties.get("provisioningState", "Succeeded"))

    def settle(self, provisioning_state: str) -> None:
        """Note how a long-running operation stands, on types that show it."""
        if "provisioningState" in self.properties:
            self.properties["provisioningState"] = provisioning_state
        self.touch()

    def touch(self) -> None:
        """Note a change: a new etag."""
        self.etag = str(uuid.uuid4())

    def shown(self) -> dict[str, Any]:
        """A copy of the document with id, name and type, as most types' GET shows it."""
        return {
            "id": str(self.id),
            "name": self.id.name,
            "type": self.id.type,
            **copy.deepcopy(self.document),
        }


class State:
    """The resources, by id."""

    def __init__(self) -> None:
        self._resources: dict[str, Resource] = {}

    def get(self, resource_id: ResourceId) -> Resource | None:
        """The resource with this id, whatever its spelling."""
        return self._resources.get(resource_id.key)

    def store(self, resource: Resource) -> Resource:
        """Add a resource or put another in its place."""
        self._resources[resource.id.key] = resource
        return resource

    def remove(self, resource_id: ResourceId) -> None:
        """Forget a resource and everything in it or extending it."""
        for key in [key for key in self._resources if lies_in(key, resource_id.key)]:
            del self._resources[key]

    def __iter__(self) -> Iterator[Resource]:
        return iter(list(self._resources.values()))

    def within(self, scope: str) -> list[Resource]:
        """Everything at or beneath a scope's id, oldest first."""
        return [resource for resource in self if lies_in(resource.id.key, scope)]

    def of_type(self, full_type: str, scope: str = "") -> list[Resource]:
        """The resources of one type at or beneath a scope's id ("": everywhere), oldest first."""
        wanted = full_type.lower()
        found = [resource for resource in self if resource.id.type.lower() == wanted]
        return [resource for resource in found if not scope or lies_in(resource.id.key, scope)]


@dataclass
class Activity:
    """The activity log: one record for each PUT, PATCH and DELETE, accepted or refused."""

    records: list[dict[str, Any]] = field(default_factory=list)

    def note(self, method: str, resource: str, principal: Principal, refusal: ArmError | None = None) -> None:
        """Record a change that `principal` asked for, and the refusal if there was one."""
        record = {
            "time": timestamp(),
            "method": method,
            "id": resource,
            "principal": principal.object_id,
            "principalName": principal.name,
            "status": "Accepted" if refusal is None else refusal.code,
        }
        self.records.append(record)
