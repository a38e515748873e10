"""DNS zones, each created with its name servers and the two record sets that every zone has."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

from sandbox.azure.resource_manager.core.operations import Operation, PollingStyle, Reply, finished
from sandbox.azure.resource_manager.core.resource_types import PutRequest, ResourceType
from sandbox.azure.resource_manager.core.state import Resource
from sandbox.azure.resource_manager.providers.dns import errors
from sandbox.azure.resource_manager.providers.dns.record_sets import (
    API_VERSIONS,
    ZONES,
    condition_failed,
    record_set,
    record_sets,
)
from sandbox.azure.resource_manager.providers.dns.records import APEX, is_name

if TYPE_CHECKING:
    from sandbox.azure.resource_manager.core.errors import ArmError

NAME_SERVER_DOMAINS = ("com", "net", "org", "info")
NAME_SERVER_POOLS = 9
FEWEST_LABELS, MOST_LABELS = 2, 34
MOST_RECORD_SETS = 10000
NS_TTL, SOA_TTL = 172800, 3600
_DELETION = PollingStyle(
    "/subscriptions/{subscription}/resourceGroups/{group}/providers/{namespace}/dnsOperationStatuses/"
    "delzone{id}"
)


class Zones(ResourceType):
    """DNS zones; two with one name can exist, on different name servers."""

    name = ZONES
    api_versions = API_VERSIONS
    tracked = True
    locations = ("global",)

    def check(self, request: PutRequest) -> None:
        """Validate name and zone type."""
        name = request.id.name
        labels = len(name.split("."))
        if not is_name(name) or name.endswith(".") or not FEWEST_LABELS <= labels <= MOST_LABELS:
            raise errors.invalid_name(name)
        kind = request.properties.get("zoneType", "Public")
        if kind != "Public":
            raise errors.bad_request(f"The zone type '{kind}' is not supported: it is 'Public'.")

    async def put(self, request: PutRequest) -> Operation:
        """Create the zone with its NS and SOA record sets, or replace its tags."""
        tags = dict(request.body.get("tags") or {})
        if request.existing is not None:
            request.existing.document["tags"] = tags
            request.existing.touch()
            return finished(self._reply(200, request.existing), request.existing)
        servers = _name_servers(request.id.name, self._namesakes(request.id.name))
        properties = {
            "maxNumberOfRecordSets": MOST_RECORD_SETS,
            "maxNumberOfRecordsPerRecordSet": None,
            "nameServers": servers,
            "zoneType": "Public",
        }
        document = {"location": request.location, "tags": tags, "properties": properties}
        zone = self.state.store(Resource(request.id, document))
        self.state.store(record_set(zone.id.child("NS", APEX), _ns(servers)))
        self.state.store(record_set(zone.id.child("SOA", APEX), _soa(servers[0])))
        return finished(self._reply(201, zone), zone)

    async def delete(self, resource: Resource, api_version: str) -> Operation:
        """Delete the zone and all its record sets, which takes a moment."""
        return self.services.operations.begin(
            self._delete(resource),
            _DELETION,
            at=resource.id,
            api_version=api_version,
            status=202,
            subject=resource,
        )

    async def _delete(self, zone: Resource) -> None:
        await self.services.clock.spend("dns_zone.delete")
        self.state.remove(zone.id)

    def show(self, resource: Resource) -> dict[str, Any]:
        """Return a zone with its etag and the number of its record sets."""
        shown = resource.shown()
        shown["properties"]["numberOfRecordSets"] = len(record_sets(self.state, str(resource.id)))
        return {
            "id": shown["id"],
            "name": shown["name"],
            "type": shown["type"],
            "etag": resource.etag,
            **shown,
        }

    def precondition_failed(self, header: str, condition: str, existing: Resource | None) -> ArmError:
        """Return the error of Azure DNS."""
        return condition_failed(header, condition, existing)

    def _reply(self, status: int, zone: Resource) -> Reply:
        return Reply(status, self.show(zone), {"ETag": zone.etag})

    def _namesakes(self, name: str) -> int:
        return sum(zone.id.name.lower() == name.lower() for zone in self.state.of_type(ZONES))


def _name_servers(zone: str, namesakes: int) -> list[str]:
    """Return the four servers of a pool; zones with the same name have different pools."""
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
