"""Record sets: all records of one name and type in a zone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from sandbox.azure.resource_manager.core.operations import Operation, Reply, finished
from sandbox.azure.resource_manager.core.resource_types import ResourceType, Write
from sandbox.azure.resource_manager.core.state import Resource
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
    from sandbox.azure.resource_manager.core.kernel import Kernel

# Azure's answers spell the type so, whatever its documentation says.
ZONES = "Microsoft.Network/dnszones"
API_VERSIONS = ("2023-07-01-preview", "2018-05-01")
KINDS = tuple(PROPERTIES)
MADE_WITH_THE_ZONE = ("NS", "SOA")


class RecordSets(ResourceType):
    """The record sets of one type; each subclass names the type."""

    kind: ClassVar[str]
    api_versions = API_VERSIONS

    def check(self, write: Write) -> None:
        """Judge the name, the records, and what else the name has."""
        name = write.id.name
        if name != APEX and not is_name(name.removeprefix("*.")) and name != "*":
            raise errors.invalid_name(name)
        if self.kind == "SOA" and name != APEX:
            raise errors.bad_request("The SOA record set is made with the zone, at its apex '@'.")
        check_records(self.kind, write.properties)
        if write.existing is None:
            self._check_neighbours(write.id)

    async def put(self, write: Write) -> Operation:
        """Make the record set, or replace its records, TTL and metadata."""
        status = 201 if write.existing is None else 200
        made = self.state.store(record_set(write.id, write.properties))
        return finished(Reply(status, self.show(made), {"ETag": made.etag}), made)

    async def patch(self, write: Write) -> Operation:
        """Change only what the body names."""
        existing = write.existing
        if existing is None:
            raise self.not_found(write.id)
        body = {"properties": {**existing.properties, **write.properties}}
        changed = Write(write.principal, write.id, write.api_version, body, existing)
        self.check(changed)
        return await self.put(changed)

    async def delete(self, resource: Resource, api_version: str) -> Operation:
        """Remove the record set, unless the zone can't be without it."""
        if resource.id.name == APEX and self.kind in MADE_WITH_THE_ZONE:
            raise errors.bad_request(f"The record set of type '{self.kind}' with name '@' can't be deleted.")
        return await super().delete(resource, api_version)

    def show(self, resource: Resource) -> dict[str, Any]:
        """A record set shows its etag."""
        shown = resource.shown()
        return {
            "id": shown["id"],
            "name": shown["name"],
            "type": shown["type"],
            "etag": resource.etag,
            **shown,
        }

    def not_found(self, resource_id: ResourceId) -> ArmError:
        """Azure DNS says it in its own words."""
        return errors.record_set_not_found(resource_id)

    def precondition_failed(self, header: str, condition: str, existing: Resource | None) -> ArmError:
        """Azure DNS tells which etag is there, but not where there should be none."""
        return unmet(header, condition, existing)

    def _check_neighbours(self, wanted: ResourceId) -> None:
        neighbours = [
            each for each in record_sets(self.kernel, str(wanted.parent)) if _same_name(each.id, wanted)
        ]
        if self.kind == "CNAME" and neighbours:
            raise errors.cname_beside_others()
        if any(each.id.types[-1] == "CNAME" for each in neighbours):
            raise errors.beside_cname()


def record_set_types(kernel: Kernel) -> tuple[ResourceType, ...]:
    """One resource type for each record type."""
    return tuple(
        type(f"{kind}RecordSets", (RecordSets,), {"kind": kind, "name": f"{ZONES}/{kind}"})(kernel)
        for kind in KINDS
    )


def record_set(record_set_id: ResourceId, given: dict[str, Any]) -> Resource:
    """A record set as a resource.

    Args:
        record_set_id: its id; the last type is the record type.
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


def record_sets(kernel: Kernel, zone: str) -> list[Resource]:
    """All record sets of the zone with this id."""
    return [
        each for each in kernel.state.within(zone) if each.id.type.lower().startswith(f"{ZONES}/".lower())
    ]


def unmet(header: str, condition: str, existing: Resource | None) -> ArmError:
    """The refusal of a condition on a zone or a record set."""
    tells = header == "If-Match" and existing is not None
    return errors.precondition_failed(header, condition, existing.etag if tells and existing else "n/a")


def _same_name(one: ResourceId, other: ResourceId) -> bool:
    return one.name.lower() == other.name.lower()
