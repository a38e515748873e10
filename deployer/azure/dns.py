"""DNS records of an own domain in a zone of Azure's: which zone, whose record, nobody else's taken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from deployer.errors import DeployerError
from deployer.names import our_tags

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from deployer.azure.clients import AzureClients

ZONE_TYPE = "Microsoft.Network/dnsZones"
CNAME_TYPE = f"{ZONE_TYPE}/CNAME"
API_VERSION = "2018-05-01"
# Seconds that resolvers keep the record: a change of mode should not take the rest of the day.
TTL = 300


class ForeignRecordError(DeployerError):
    """A record that the hub needs is there already, and leads elsewhere."""


@dataclass(frozen=True)
class HubRecord:
    """A record of the hub: the name `host` stands for the name `target`.

    Attributes:
        resource_id: of the record set.
        host: the name that visitors use.
        target: what it stands for.

    """

    resource_id: str
    host: str
    target: str

    def body(self, hub: str) -> dict[str, Any]:
        """Return what is PUT: the metadata says whose it is, as tags do elsewhere."""
        return {
            "properties": {
                "TTL": TTL,
                "metadata": our_tags(hub),
                "CNAMERecord": {"cname": self.target},
            }
        }


def zone_of(domain: str, zones: Iterable[str]) -> str | None:
    """Return the zone that a domain belongs to: the longest one that is the domain or a parent of it."""
    parents = [zone for zone in zones if f".{domain}".lower().endswith(f".{zone}".lower())]
    return max(parents, key=len, default=None)


def host_of(resource_id: str) -> str:
    """Return the host name that a record set stands for."""
    _, _, path = resource_id.partition("/dnsZones/")
    zone, _, name = path.split("/")
    return f"{name}.{zone}".lower()


def unwanted_records(known: Sequence[str], hosts: Collection[str], written: Collection[str]) -> list[str]:
    """Return the record sets that a hub made once and has no use for now.

    Args:
        known: ids of all that it made.
        hosts: the host names that its records are for now.
        written: ids of its records as they are now; none where somebody else writes them: what leads to the
            hub stays then.

    """
    return [record for record in known if host_of(record) not in hosts or (written and record not in written)]


def is_ours(record: dict[str, Any], hub: str) -> bool:
    """Whether a record set carries the metadata of this hub."""
    metadata = record.get("properties", {}).get("metadata") or {}
    return our_tags(hub).items() <= metadata.items()


def leads_to(record: dict[str, Any]) -> str:
    """Return what a CNAME record set stands for, as DNS compares names."""
    alias = record.get("properties", {}).get("CNAMERecord") or {}
    return str(alias.get("cname", "")).rstrip(".").lower()


class DnsZones:
    """The zones of one resource group.

    Args:
        azure: clients of the subscription.
        group: the group.

    """

    def __init__(self, azure: AzureClients, group: str) -> None:
        self._azure = azure
        self._group = group

    async def names(self) -> list[str]:
        """List the zones' names."""
        path = f"/subscriptions/{self._azure.subscription}/resourceGroups/{self._group}/providers/{ZONE_TYPE}"
        return [zone["name"] for zone in await self._azure.list_json(path, API_VERSION)]

    def record(self, zone: str, host: str, target: str) -> HubRecord:
        """Compose the record of a host in a zone."""
        name = host[: -len(zone) - 1]  # Azure keeps the letter case that a zone was made with
        return HubRecord(self._azure.resource_id(self._group, CNAME_TYPE, zone, name), host, target)


async def ensure_record(azure: AzureClients, record: HubRecord, hub: str) -> bool:
    """Make sure of a record; say whether that changed anything.

    A record of somebody else's that leads to the hub serves as well, and stays theirs.

    Raises:
        ForeignRecordError: somebody else's record of that name leads elsewhere.

    """
    found = await azure.find(record.resource_id, API_VERSION)
    if found is not None and leads_to(found) == record.target.lower():
        return False
    if found is not None and not is_ours(found, hub):
        raise ForeignRecordError(
            f"{record.host} is a CNAME of {leads_to(found) or 'something'} already, not made by this hub.",
            cause=f"The record set {record.resource_id} has no metadata of this hub's.",
            suggestion="Remove the record, or choose another DOMAIN_NAME; the hub needs it as a CNAME of "
            f"{record.target}.",
        )
    # Whoever was here between the look and the write keeps what is theirs.
    condition = {"If-Match": found["etag"]} if found is not None else {"If-None-Match": "*"}
    await azure.put(record.resource_id, API_VERSION, record.body(hub), headers=condition)
    return True


async def remove_record(azure: AzureClients, resource_id: str, hub: str) -> bool:
    """Remove a record that this hub made; say whether there was one."""
    found = await azure.find(resource_id, API_VERSION)
    if found is None or not is_ours(found, hub):
        return False
    await azure.delete(resource_id, API_VERSION, headers={"If-Match": found["etag"]})
    return True
