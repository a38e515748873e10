"""The own domain's two names: written into its zone of Azure's, or shown to whoever runs its DNS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.azure.dns import CNAME_TYPE, DnsZones, ForeignRecordError, ensure_record, zone_of
from deployer.azure.operations import PROPAGATION_CODES, ask
from deployer.certificate_store import CertificateStore
from deployer.certificates import Stage
from deployer.errors import AzureError
from deployer.record_memory import remember_records, remembered_records

if TYPE_CHECKING:
    from deployer.azure.dns import HubRecord
    from deployer.context import Context
    from deployer.workflow import StepReport

# The zone's group, or the right to look into it, may not be there: then people write the records themselves.
UNREADABLE_CODES = PROPAGATION_CODES | {"ResourceGroupNotFound", "ResourceNotFound", "NotFound"}
TAKEN_CODES = {"PreconditionFailed", "Conflict"}


async def ensure_dns(context: Context, report: StepReport) -> str:
    """Make sure of the records where we may; say which ones are needed where we may not.

    Raises:
        ForeignRecordError: somebody else's record has one of the names.

    """
    group = context.settings.dns_zone_resource_group
    if group is None:
        return await _left_to_others(context, report, "no resource group of a DNS zone was given")
    try:
        zones = DnsZones(context.azure, group)
        names = await ask(report, f"look for DNS zones in {group}", zones.names, rights_may_come=False)
        zone = zone_of(context.settings.domain_name or "", names)
        if zone is None:
            seen = ", ".join(names) or "none"
            reason = f"{group} has no DNS zone for {context.settings.domain_name} (it has: {seen})"
            return await _left_to_others(context, report, reason)
        records = [zones.record(zone, host, target) for host, target in context.names.cnames.items()]
        return await _ensure_records(context, report, zone, records)
    except AzureError as error:
        if error.code not in UNREADABLE_CODES:
            raise
        return await _left_to_others(context, report, f"the DNS zone can't be used: {error.message}")


async def _ensure_records(context: Context, report: StepReport, zone: str, records: list[HubRecord]) -> str:
    api = await context.results.cluster.get().api()
    namespace = context.names.namespace
    known = await remembered_records(api, namespace)
    ids = [record.resource_id for record in records]
    await remember_records(api, namespace, [*known, *(each for each in ids if each not in known)])
    changed = [record.host for record in records if await _ensure(context, report, record)]
    context.results.dns_records.set(tuple(ids))
    context.results.dns_changed.set(bool(changed))
    told = f"{', '.join(changed)} written" if changed else "both names are there"
    return f"zone {zone}: {told}"


async def _ensure(context: Context, report: StepReport, record: HubRecord) -> bool:
    try:
        return await ask(
            report,
            f"write the record {record.host}",
            lambda: ensure_record(context.azure, record, context.names.hub),
            rights_may_come=False,
        )
    except AzureError as error:
        if error.code not in TAKEN_CODES:
            raise
        raise ForeignRecordError(
            f"{record.host} has records already that this hub did not make.",
            cause=f"Azure says of the {CNAME_TYPE} {record.resource_id}: {error.message}",
            suggestion="Remove them, or choose another DOMAIN_NAME.",
        ) from None


async def _left_to_others(context: Context, report: StepReport, reason: str) -> str:
    """Show the records early, so that they can be made while the rest goes on."""
    lines = "; ".join(context.names.cname_lines())
    context.results.dns_records.set(())
    context.results.dns_changed.set(False)
    store = CertificateStore(await context.results.cluster.get().api(), context.names)
    issued = (await store.state()).stage is Stage.ISSUED and await store.names_are_wanted()
    if not issued:
        report.warning(f"{reason}: let these records be made where the domain's DNS is run: {lines}")
    return f"left to who runs the domain's DNS: {lines}"
