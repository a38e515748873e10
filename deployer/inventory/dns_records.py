"""Finds the DNS record sets that a hub created, by the inventory in its cluster and the records of its runs.

The inventory cannot be read where the cluster is stopped or gone, and a record that stays then leads visitors
to whoever takes the name of the hub in Azure next.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from deployer.azure.dns import (
    API_VERSION,
    DnsZones,
    host_of,
    is_ours,
    target_of,
)
from deployer.azure.retries import with_retries
from deployer.errors import AzureError
from deployer.inventory.things import Kind, Thing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from deployer.inventory.hub import Hub
    from deployer.progress.report import StepReport

GONE_CODES = {"ResourceGroupNotFound", "ResourceNotFound", "NotFound", "SubscriptionNotFound"}


@dataclass(frozen=True)
class Zone:
    """A zone that a run of the hub was given.

    Attributes:
        group: name or path of its resource group.
        domain: of the hub.

    """

    group: str
    domain: str


async def find_records(hub: Hub, inventory: Sequence[str], report: StepReport) -> list[Thing]:
    """Return the record sets of a hub as things, those that others manage included.

    Args:
        hub: as it was found.
        inventory: ids of record sets, from the cluster.
        report: receives what is waited for.

    """
    ids = {record.lower(): record for record in inventory}
    things = []
    for zone in dict.fromkeys(_zones(hub)):
        try:
            found = await _ids_in(zone, hub, report)
        except AzureError as error:
            if error.code not in GONE_CODES:
                things.append(_unreadable_zone(zone, error))
            continue
        ids |= {record.lower(): record for record in found}
    things += [thing for record in ids.values() if (thing := await _record(hub, record, report))]
    return [*things, *_of_others(hub, {host_of(record) for record in ids.values()})]


async def _ids_in(zone: Zone, hub: Hub, report: StepReport) -> list[str]:
    """Return the ids that the records of a hub have in its zone, whether they exist or not."""
    zones = DnsZones(hub.session.azure, zone.group)
    name = await with_retries(
        report,
        f"find the DNS zone of {zone.domain}",
        lambda: zones.zone_of(zone.domain),
        rights_may_come=False,
    )
    if name is None:
        return []
    return [zones.record(name, f"{site}.{zone.domain}", "").resource_id for site in ("binder", "hub")]


async def _record(hub: Hub, record: str, report: StepReport) -> Thing | None:
    """Return a record set as a thing, None where it does not exist."""
    thing = Thing(Kind.DNS_RECORD, host_of(record), record)
    try:
        found = await with_retries(
            report,
            f"look at the record {thing.name}",
            lambda: hub.session.azure.find(record, API_VERSION),
            rights_may_come=False,
        )
    except AzureError as error:
        if error.code in GONE_CODES:
            return None
        return thing.staying(f"it cannot be looked at: {error.message}", hinders=True)
    if found is None:
        return None
    reason = not_this_hubs(found, hub.session.names.hub, targets(hub))
    return thing.staying(reason) if reason else replace(thing, detail=target_of(found))


def not_this_hubs(found: Mapping[str, Any], hub: str, own_targets: frozenset[str]) -> str:
    """Return why a record set is not one of this hub, "" if it is.

    A hub of the same name in another group or region may have taken the record over.
    """
    if not is_ours(found, hub):
        return "it has no metadata of this hub: somebody else created it"
    target = target_of(found)
    if target not in own_targets:
        return f"it leads to {target or 'nowhere'}, which is not this hub"
    return ""


def targets(hub: Hub) -> frozenset[str]:
    """Return the names in Azure that records of this hub led to, now and in earlier runs."""
    recorded = (entry.get("cname") for run in hub.history for entry in run.hub.get("dns_records") or ())
    return frozenset(str(name).lower() for name in (hub.session.names.cname_target, *recorded) if name)


def _zones(hub: Hub) -> Iterator[Zone]:
    settings = hub.session.settings
    if settings.domain_name and settings.dns_zone_resource_group:
        yield Zone(settings.dns_zone_resource_group, settings.domain_name)
    for run in hub.history:
        group, domain = run.settings.get("dns_zone_resource_group"), run.settings.get("domain_name")
        if group and domain:
            yield Zone(str(group), str(domain))


def _of_others(hub: Hub, ours: set[str]) -> Iterator[Thing]:
    """Yield the records that the last deployment needed and others created."""
    last = hub.last_deployment
    for entry in last.hub.get("dns_records") or () if last else ():
        if entry["name"] not in ours:
            yield Thing(Kind.DNS_RECORD, entry["name"]).staying(
                f"others manage the DNS of the domain: remove it there, or whoever takes {entry['cname']} "
                "receives its visitors"
            )


def _unreadable_zone(zone: Zone, error: AzureError) -> Thing:
    thing = Thing(Kind.DNS_RECORD, f"records of {zone.domain}")
    return thing.staying(f"the zone in {zone.group} cannot be looked at: {error.message}", hinders=True)
