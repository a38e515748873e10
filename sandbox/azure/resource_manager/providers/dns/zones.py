"""DNS zones: each is made with its name servers and the two record sets that every zone has."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

from sandbox.azure.resource_manager.core.operations import Operation, Reply, Telling, finished
from sandbox.azure.resource_manager.core.resource_types import Call, Function, ResourceType, Write
from sandbox.azure.resource_manager.core.state import Resource
from sandbox.azure.resource_manager.providers.dns import errors
from sandbox.azure.resource_manager.providers.dns.record_sets import (
    API_VERSIONS,
    ZONES,
    record_set,
    record_sets,
    unmet,
)
from sandbox.azure.resource_manager.providers.dns.records import APEX, is_name

if TYPE_CHECKING:
    from sandbox.azure.resource_manager.core.errors import ArmError
    from sandbox.azure.resource_manager.core.kernel import Kernel

NAME_SERVER_DOMAINS = ("com", "net", "org", "info")
NAME_SERVER_POOLS = 9
FEWEST_LABELS, MOST_LABELS = 2, 34
MOST_RECORD_SETS = 10000
NS_TTL, SOA_TTL = 172800, 3600
_DELETION = Telling(
    "/subscriptions/{subscription}/resourceGroups/{group}/providers/{namespace}/dnsOperationStatuses/"
    "delzone{id}"
)


class Zones(ResourceType):
    """DNS zones; two of one name can exist, on different name servers."""

    name = ZONES
    api_versions = API_VERSIONS
    tracked = True
    locations = ("global",)

    def check(self, write: Write) -> None:
        """Judge the name and the kind of zone."""
        name = write.id.name
        labels = len(name.split("."))
        if not is_name(name) or name.endswith(".") or not FEWEST_LABELS <= labels <= MOST_LABELS:
            raise errors.invalid_name(name)
        kind = write.properties.get("zoneType", "Public")
        if kind != "Public":
            raise errors.bad_request(f"The zone type '{kind}' is not supported: it is 'Public'.")

    async def put(self, write: Write) -> Operation:
        """Make the zone with its NS and SOA record sets; again, replace its tags."""
        tags = dict(write.body.get("tags") or {})
        if write.existing is not None:
            write.existing.document["tags"] = tags
            write.existing.touch()
            return finished(self._reply(200, write.existing), write.existing)
        servers = _name_servers(write.id.name, self._namesakes(write.id.name))
        properties = {
            "maxNumberOfRecordSets": MOST_RECORD_SETS,
            "maxNumberOfRecordsPerRecordSet": None,
            "nameServers": servers,
            "zoneType": "Public",
        }
        document = {"location": write.location, "tags": tags, "properties": properties}
        zone = self.state.store(Resource(write.id, document))
        self.state.store(record_set(zone.id.child("NS", APEX), _ns(servers)))
        self.state.store(record_set(zone.id.child("SOA", APEX), _soa(servers[0])))
        return finished(self._reply(201, zone), zone)

    async def delete(self, resource: Resource, api_version: str) -> Operation:
        """Remove the zone and all its record sets, which takes a moment."""
        return self.kernel.operations.begin(
            self._delete(resource),
            _DELETION,
            at=resource.id,
            api_version=api_version,
            status=202,
            subject=resource,
        )

    async def _delete(self, zone: Resource) -> None:
        await self.backends.clock.spend("dns_zone.delete")
        self.state.remove(zone.id)

    def show(self, resource: Resource) -> dict[str, Any]:
        """A zone shows its etag and how many record sets it has."""
        shown = resource.shown()
        shown["properties"]["numberOfRecordSets"] = len(record_sets(self.kernel, str(resource.id)))
        return {
            "id": shown["id"],
            "name": shown["name"],
            "type": shown["type"],
            "etag": resource.etag,
            **shown,
        }

    def precondition_failed(self, header: str, condition: str, existing: Resource | None) -> ArmError:
        """As record sets tell it."""
        return unmet(header, condition, existing)

    def _reply(self, status: int, zone: Resource) -> Reply:
        return Reply(status, self.show(zone), {"ETag": zone.etag})

    def _namesakes(self, name: str) -> int:
        return sum(zone.id.name.lower() == name.lower() for zone in self.state.of_type(ZONES))


class ZoneFunctions:
    """The lists of a zone's record sets, whatever their type."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel

    def functions(self) -> tuple[Function, ...]:
        """The functions, for the kernel's list."""
        zone = "{scope}/providers/Microsoft.Network/dnsZones/{zone}"
        return tuple(
            Function("GET", f"{zone}/{name}", f"{ZONES}/{name}/read", zone, self.all_records, API_VERSIONS)
            for name in ("recordsets", "all")
        )

    async def all_records(self, call: Call) -> dict[str, Any]:
        """All record sets of a zone."""
        zone = self._kernel.existing(call.path.rpartition("/")[0])
        found = record_sets(self._kernel, str(zone.id))
        return {"value": [self._kernel.type_named(each.id.type).show(each) for each in found]}


def _name_servers(zone: str, namesakes: int) -> list[str]:
    """Return four servers of a pool; a zone of the same name has another pool."""
    pool = (zlib.crc32(zone.lower().encode()) + namesakes) % NAME_SERVER_POOLS + 1
    return [
        f"ns{number}-{pool:02}.azure-dns.{domain}."
        for number, domain in enumerate(NAME_SERVER_DOMAINS, start=1)
    ]


def _ns(servers: list[str]) -> dict[str, Any]:
    return {"TTL": NS_TTL, "NSRecords": [{"nsdname": server} for server in servers]}


def _soa(server: str) -> dict[str, Any]:
    record = {
        "email": "azuredns-hostmaster.microsoft.com",
        "expireTime": 2419200,
        "host": server,
        "minimumTTL": 300,
        "refreshTime": 3600,
        "retryTime": 300,
        "serialNumber": 1,
    }
    return {"TTL": SOA_TTL, "SOARecord": record}
