"""DNS records for a custom domain in an Azure DNS zone.

Never overwrites a record that this hub did not create.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from azure.core.exceptions import HttpResponseError

from deployer.errors import DeployerError
from deployer.names import carries_our_tags, our_tags

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from deployer.azure.clients import AzureClients

ZONE_TYPE = "Microsoft.Network/dnsZones"
CNAME_TYPE = f"{ZONE_TYPE}/CNAME"
API_VERSION = "2018-05-01"
# Azure has no zones for top-level domains.
FEWEST_LABELS = 2
# Seconds that resolvers cache the record: short, so that moving the hub does not take a day.
TTL = 300


class ForeignRecordError(DeployerError):
    """A record that the hub needs exists already, points elsewhere, and was not created by this hub."""


@dataclass(frozen=True)
class HubRecord:
    """A CNAME record of the hub: `host` is an alias of `target`.

    Attributes:
        resource_id: of the record set.
        host: the name that visitors use.
        target: the name that it points to.

    """

    resource_id: str
    host: str
    target: str

    def body(self, hub: str) -> dict[str, Any]:
        """Return the request body; metadata identifies the hub, as tags do on other resources."""
        return {
            "properties": {
                "TTL": TTL,
                "metadata": our_tags(hub),
                "CNAMERecord": {"cname": self.target},
            }
        }


def zone_names(domain: str) -> list[str]:
    """Return the names of the zones that a domain can lie in, longest first: itself and its parents."""
    labels = domain.lower().split(".")
    return [".".join(labels[first:]) for first in range(len(labels) - FEWEST_LABELS + 1)]


def host_of(resource_id: str) -> str:
    """Return the host name of a record set."""
    _, _, path = resource_id.partition("/dnsZones/")
    zone, _, name = path.split("/")
    return f"{name}.{zone}".lower()


def unwanted_records(known: Sequence[str], hosts: Collection[str], written: Collection[str]) -> list[str]:
    """Return the record sets that the hub created and no longer uses.

    Ids are compared as Azure compares them: settings keep the case in which the group of a zone is written.

    Args:
        known: ids of all record sets that the hub created.
        hosts: the host names of its current records.
        written: ids of its current records; none where others write them: then records that point to the hub
            are kept.

    """
    used = {record.lower() for record in written}
    return [
        record for record in known if host_of(record) not in hosts or (used and record.lower() not in used)
    ]


def is_ours(record: Mapping[str, Any], hub: str) -> bool:
    """Return whether a record set carries the metadata of this hub."""
    return carries_our_tags(record.get("properties", {}).get("metadata"), hub)


def target_of(record: Mapping[str, Any]) -> str:
    """Return the target of a CNAME record set, normalised as DNS compares names."""
    alias = record.get("properties", {}).get("CNAMERecord") or {}
    return str(alias.get("cname", "")).rstrip(".").lower()


class DnsZones:
    """The DNS zones of one resource group.

    Args:
        azure: makes the requests.
        group: name of the group, or its path where it may lie in another subscription.

    """

    def __init__(self, azure: AzureClients, group: str) -> None:
        self._azure = azure
        own = f"/subscriptions/{azure.subscription}/resourceGroups/{group}"
        self._zones = f"{group if group.startswith('/') else own}/providers/{ZONE_TYPE}"

    async def zone_of(self, domain: str) -> str | None:
        """Return the name of the zone of a domain, None where there is none.

        Each zone is asked for by name: a role on the zone itself is enough for that, and lists none.

        Raises:
            HttpResponseError: this identity sees no zone of the domain, and may not look for some.

        """
        refusal: HttpResponseError | None = None
        for name in zone_names(domain):
            try:
                found = await self._azure.find(f"{self._zones}/{name}", API_VERSION)
            except HttpResponseError as error:
                if error.status_code != HTTPStatus.FORBIDDEN:
                    raise
                # Azure refuses what this identity may not see before it looks whether that exists.
                refusal = refusal or error
            else:
                if found is not None:
                    return str(found["name"])
        if refusal is not None:
            raise refusal
        return None

    def record(self, zone: str, host: str, target: str) -> HubRecord:
        """Return the record of a host in a zone."""
        # By length, not by text: Azure keeps the case in which a zone was created.
        name = host[: -len(zone) - 1]
        return HubRecord(f"{self._zones}/{zone}/CNAME/{name}", host, target)


async def ensure_record(azure: AzureClients, record: HubRecord, hub: str) -> bool:
    """Create or update a record; return whether that changed anything.

    A record that this hub did not create is left alone if it points to the hub.

    Raises:
        ForeignRecordError: it points elsewhere.

    """
    found = await azure.find(record.resource_id, API_VERSION)
    if found is not None and target_of(found) == record.target.lower():
        return False
    if found is not None and not is_ours(found, hub):
        raise ForeignRecordError(
            f"{record.host} already is a CNAME of {target_of(found) or 'another name'}, and this hub did not "
            "create it.",
            cause=f"The record set {record.resource_id} has no metadata of this hub.",
            suggestion="Remove the record, or choose another DOMAIN_NAME; the hub needs it as a CNAME of "
            f"{record.target}.",
        )
    # A record that someone else writes between the look and this request is not overwritten.
    condition = {"If-Match": found["etag"]} if found is not None else {"If-None-Match": "*"}
    await azure.put(record.resource_id, API_VERSION, record.body(hub), headers=condition)
    return True


async def remove_record(azure: AzureClients, resource_id: str, hub: str, target: str) -> bool:
    """Remove a record that this hub created; return whether there was one.

    A hub of the same name in another group or region may have taken the record over: it then leads there.

    Args:
        azure: makes the requests.
        resource_id: of the record set.
        hub: name of the hub.
        target: to which it must lead, in lower case.

    """
    found = await azure.find(resource_id, API_VERSION)
    if found is None or not is_ours(found, hub) or target_of(found) != target:
        return False
    await azure.delete(resource_id, API_VERSION, headers={"If-Match": found["etag"]})
    return True
