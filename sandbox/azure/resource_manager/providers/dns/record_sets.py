"""Record sets: all records of one name and type in a zone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from sandbox.azure.resource_manager.core.operations import Operation, Reply, finished
from sandbox.azure.resource_manager.core.resource_types import PutRequest, ResourceType
from sandbox.azure.resource_manager.core.state import Resource, State
from sandbox.azure.resource_manager.providers.dns import errors
from sandbox.azure.resource_manager.providers.dns.records import (
    APEX,
    PROPERTIES,
    SINGLE,
    check_records,
    is_name,
)

if TYPE_CHECKING:
    from sandbox.azure.resource_manager.core.errors import ArmError
    from sandbox.azure.resource_manager.core.ids import ResourceId
    from sandbox.azure.resource_manager.core.services import Services

# Azure's responses spell the type like this, unlike its documentation.
ZONES = "Microsoft.Network/dnszones"
API_VERSIONS = ("2023-07-01-preview", "2018-05-01")
KINDS = tuple(PROPERTIES)
MADE_WITH_THE_ZONE = ("NS", "SOA")


class RecordSets(ResourceType):
    """The record sets of one record type.

    Attributes:
        kind: the record type, set by subclasses.

    """

    kind: ClassVar[str]
    api_versions = API_VERSIONS

    def check(self, request: PutRequest) -> None:
        """Validate name and records, and that they go with other records of the name."""
        name = request.id.name
        if name != APEX and not is_name(name.removeprefix("*.")) and name != "*":
            raise errors.invalid_name(name)
        if self.kind == "SOA" and name != APEX:
            raise errors.bad_request("The SOA record set is made with the zone, at its apex '@'.")
        check_records(self.kind, request.properties)
        if request.existing is None:
            self._check_neighbours(request.id)

    async def put(self, request: PutRequest) -> Operation:
        """Create the record set, or replace its records, TTL and metadata."""
        status = 201 if request.existing is None else 200
        made = self.state.store(record_set(request.id, request.properties))
        return finished(Reply(status, self.show(made), {"ETag": made.etag}), made)

    async def patch(self, request: PutRequest) -> Operation:
        """Change the properties that the body has."""
        existing = request.existing
        if existing is None:
            raise self.not_found(request.id)
        body = {"properties": {**existing.properties, **request.properties}}
        changed = PutRequest(request.principal, request.id, request.api_version, body, existing)
        self.check(changed)
        return await self.put(changed)

    async def delete(self, resource: Resource, api_version: str) -> Operation:
        """Delete the record set, unless a zone must have it."""
        if resource.id.name == APEX and self.kind in MADE_WITH_THE_ZONE:
            raise errors.bad_request(f"The record set of type '{self.kind}' with name '@' can't be deleted.")
        return await super().delete(resource, api_version)

    def show(self, resource: Resource) -> dict[str, Any]:
        """Return a record set with its etag."""
        shown = resource.shown()
        return {
            "id": shown["id"],
            "name": shown["name"],
            "type": shown["type"],
            "etag": resource.etag,
            **shown,
        }

    def not_found(self, resource_id: ResourceId) -> ArmError:
        """Return the error of Azure DNS."""
        return errors.record_set_not_found(resource_id)

    def precondition_failed(self, header: str, condition: str, existing: Resource | None) -> ArmError:
        """Return the error of Azure DNS."""
        return condition_failed(header, condition, existing)

    def _check_neighbours(self, wanted: ResourceId) -> None:
        neighbours = [
            each for each in record_sets(self.state, str(wanted.parent)) if _same_name(each.id, wanted)
        ]
        if self.kind == "CNAME" and neighbours:
            raise errors.cname_beside_others()
        if any(each.id.types[-1] == "CNAME" for each in neighbours):
            raise errors.beside_cname()


def record_set_types(services: Services) -> tuple[ResourceType, ...]:
    """Return a resource type for each record type."""
    return tuple(
        type(f"{kind}RecordSets", (RecordSets,), {"kind": kind, "name": f"{ZONES}/{kind}"})(services)
        for kind in KINDS
    )


def record_set(record_set_id: ResourceId, given: dict[str, Any]) -> Resource:
    """Return a new record set.

    Args:
        record_set_id: its id, whose last type is the record type.
        given: TTL, metadata and records.

    """
    kind = record_set_id.types[-1]
    carrier = PROPERTIES[kind]
    zone, name = record_set_id.names[-2:]
    properties: dict[str, Any] = {"metadata": dict(given["metadata"])} if given.get("metadata") else {}
    properties["fqdn"] = f"{zone}." if name == APEX else f"{name}.{zone}."
    properties["TTL"] = given["TTL"]
    properties[carrier] = given.get(carrier) or ({} if kind in SINGLE else [])
    properties |= {"targetResource": {}, "provisioningState": "Succeeded"}
    return Resource(record_set_id, {"properties": properties})


def record_sets(state: State, zone: str) -> list[Resource]:
    """Return all record sets of the zone with an id."""
    return [each for each in state.within(zone) if each.id.type.lower().startswith(f"{ZONES}/".lower())]


def condition_failed(header: str, condition: str, existing: Resource | None) -> ArmError:
    """Return the error of a condition on a zone or a record set.

    It names the present etag for If-Match, but not for If-None-Match.
    """
    current = existing.etag if header == "If-Match" and existing is not None else "n/a"
    return errors.precondition_failed(header, condition, current)


def _same_name(one: ResourceId, other: ResourceId) -> bool:
    return one.name.lower() == other.name.lower()
