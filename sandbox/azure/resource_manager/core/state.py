"""The resources of all subscriptions, and the activity log of who changed them.

Secrets are kept beside a resource's document, never in it, so that no response can show one.
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

    from sandbox.azure.identity.directory import Principal
    from sandbox.azure.resource_manager.core.errors import ArmError
    from sandbox.azure.resource_manager.core.ids import ResourceId


def timestamp(moment: datetime | None = None) -> str:
    """Return a moment, now by default, as Azure writes it."""
    return (moment or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@dataclass
class Resource:
    """A resource.

    Attributes:
        id: its id in Azure's spelling.
        document: what a GET shows, without id, name and type: location, tags, sku, identity, properties, ….
        secrets: passwords, keys and secure values, by names that the provider chooses; never shown.
        internals: further data of the provider, not shown either.
        created: when it was created.
        etag: changes with the resource.

    """

    id: ResourceId
    document: dict[str, Any]
    secrets: dict[str, Any] = field(default_factory=dict)
    internals: dict[str, Any] = field(default_factory=dict)
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    etag: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def properties(self) -> dict[str, Any]:
        """The properties in the document, to read and to change."""
        properties: dict[str, Any] = self.document.setdefault("properties", {})
        return properties

    @property
    def location(self) -> str:
        """The region, "" for none."""
        return str(self.document.get("location", ""))

    @property
    def tags(self) -> dict[str, str]:
        """The tags."""
        return self.document.get("tags") or {}

    @property
    def provisioning_state(self) -> str:
        """The provisioning state, "Succeeded" if the type shows none."""
        return str(self.properties.get("provisioningState", "Succeeded"))

    def settle(self, provisioning_state: str) -> None:
        """Set the provisioning state, if the type shows one."""
        if "provisioningState" in self.properties:
            self.properties["provisioningState"] = provisioning_state
        self.touch()

    def touch(self) -> None:
        """Give the resource a new etag after a change."""
        self.etag = str(uuid.uuid4())

    def shown(self) -> dict[str, Any]:
        """Return a copy of the document with id, name and type."""
        return {
            "id": str(self.id),
            "name": self.id.name,
            "type": self.id.type,
            **copy.deepcopy(self.document),
        }


class State:
    """All resources, by id."""

    def __init__(self) -> None:
        self._resources: dict[str, Resource] = {}

    def get(self, resource_id: ResourceId) -> Resource | None:
        """Return the resource with an id, in whatever spelling; None if there is none."""
        return self._resources.get(resource_id.key)

    def store(self, resource: Resource) -> Resource:
        """Add a resource, or replace the one with its id."""
        self._resources[resource.id.key] = resource
        return resource

    def remove(self, resource_id: ResourceId) -> None:
        """Remove a resource, its children and its extension resources."""
        for key in [key for key in self._resources if lies_in(key, resource_id.key)]:
            del self._resources[key]

    def __iter__(self) -> Iterator[Resource]:
        return iter(list(self._resources.values()))

    def within(self, scope: str) -> list[Resource]:
        """Return all resources at or beneath a scope, oldest first."""
        return [resource for resource in self if lies_in(resource.id.key, scope)]

    def of_type(self, full_type: str, scope: str = "") -> list[Resource]:
        """Return the resources of a type at or beneath a scope ("" for everywhere), oldest first."""
        wanted = full_type.lower()
        found = [resource for resource in self if resource.id.type.lower() == wanted]
        return [resource for resource in found if not scope or lies_in(resource.id.key, scope)]


@dataclass
class ActivityLog:
    """One record for each PUT, PATCH and DELETE, accepted or refused."""

    records: list[dict[str, Any]] = field(default_factory=list)

    def add(self, method: str, resource: str, principal: Principal, refusal: ArmError | None = None) -> None:
        """Add a record of a change that a principal asked for."""
        record = {
            "time": timestamp(),
            "method": method,
            "id": resource,
            "principal": principal.object_id,
            "principalName": principal.name,
            "status": "Accepted" if refusal is None else refusal.code,
        }
        self.records.append(record)
