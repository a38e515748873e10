"""Writes the DNS records of a custom domain into its Azure DNS zone, or shows them to the reader."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.azure.dns import CNAME_TYPE, DnsZones, ForeignRecordError, ensure_record, zone_names
from deployer.azure.retries import PROPAGATION_CODES, with_retries
from deployer.certificates.client import CertificateClient
from deployer.certificates.state import Stage
from deployer.errors import AzureError, combined
from deployer.kubernetes.dns_inventory import read_inventory, write_inventory
from deployer.run.workflow import Step

if TYPE_CHECKING:
    from deployer.azure.dns import HubRecord
    from deployer.names import HubNames
    from deployer.progress.report import StepReport
    from deployer.run.context import Context
    from deployer.settings import Settings

# The zone's group may not exist, or not be readable: then people create the records themselves.
UNREADABLE_CODES = PROPAGATION_CODES | {"ResourceGroupNotFound", "ResourceNotFound", "NotFound"}
TAKEN_CODES = {"PreconditionFailed", "Conflict"}


def dns_step(settings: Settings) -> Step[Context]:
    """Declare the step."""
    group = settings.dns_zone_resource_group
    if group is None:
        return Step("dns", "Show the DNS records that the custom domain needs", ensure_dns)

    def creates(names: HubNames) -> tuple[str, ...]:
        return tuple(f"DNS record {line}" for line in names.cname_lines())

    return Step("dns", f"Write the DNS records of the domain into its zone in {group}", ensure_dns, creates)


async def ensure_dns(context: Context, report: StepReport) -> str:
    """Create or update the records where the rights allow that; else show which records are needed.

    Raises:
        DeployerError: records that this hub did not create have one of the names, or both.

    """
    group = context.settings.dns_zone_resource_group
    if group is None:
        return await _leave_to_others(context, report, "no resource group of a DNS zone is set")
    domain = context.settings.domain_name or ""
    try:
        zones = DnsZones(context.azure, group)
        zone = await with_retries(
            report, f"find the DNS zone of {domain}", lambda: zones.zone_of(domain), rights_may_come=False
        )
        if zone is None:
            looked = ", ".join(zone_names(domain))
            reason = f"{group} has no DNS zone for {domain} (looked for {looked})"
            return await _leave_to_others(context, report, reason)
        records = [zones.record(zone, host, target) for host, target in context.names.cnames.items()]
        return await _ensure_records(context, report, zone, records)
    except AzureError as error:
        if error.code not in UNREADABLE_CODES:
            raise
        because = " ".join(filter(None, (error.message, error.cause, error.suggestion)))
        return await _leave_to_others(context, report, f"the DNS zone cannot be used: {because} Until then")


async def _ensure_records(context: Context, report: StepReport, zone: str, records: list[HubRecord]) -> str:
    api = await context.results.cluster.get().api()
    namespace = context.names.namespace
    known = await read_inventory(api, namespace)
    ids = [record.resource_id for record in records]
    listed = {record.lower() for record in known}
    # Before the records are written: a run that is killed in between leaves no record that is not listed.
    await write_inventory(api, namespace, [*known, *(each for each in ids if each.lower() not in listed)])
    changed = await _ensure_each(context, report, records)
    context.results.dns_records.set(tuple(ids))
    context.results.dns_changed.set(bool(changed))
    outcome = f"{', '.join(changed)} written" if changed else "both records exist"
    return f"zone {zone}: {outcome}"


async def _ensure_each(context: Context, report: StepReport, records: list[HubRecord]) -> list[str]:
    """Return the hosts whose records were written; report all hosts that have records of others."""
    changed, foreign = [], []
    for record in records:
        try:
            if await _ensure(context, report, record):
                changed.append(record.host)
        except ForeignRecordError as error:
            foreign.append(error)
    if foreign:
        raise combined(foreign)
    return changed


async def _ensure(context: Context, report: StepReport, record: HubRecord) -> bool:
    try:
        return await with_retries(
            report,
            f"write the record {record.host}",
            lambda: ensure_record(context.azure, record, context.names.hub),
            rights_may_come=False,
        )
    except AzureError as error:
        if error.code not in TAKEN_CODES:
            raise
        raise ForeignRecordError(
            f"{record.host} already has records that this hub did not create.",
            cause=f"Azure says of the {CNAME_TYPE} {record.resource_id}: {error.message}",
            suggestion="Remove them, or choose another DOMAIN_NAME.",
        ) from None


async def _leave_to_others(context: Context, report: StepReport, reason: str) -> str:
    """Show the records early, so that people can create them while the deployment goes on."""
    lines = "; ".join(context.names.cname_lines())
    context.results.dns_records.set(())
    context.results.dns_changed.set(False)
    certificates = CertificateClient(await context.results.cluster.get().api(), context.names)
    issued = (await certificates.state()).stage is Stage.ISSUED and await certificates.names_are_wanted()
    if not issued:
        report.warning(f"{reason}: create these records where the DNS of the domain is managed: {lines}")
    return f"left to whoever manages the DNS of the domain: {lines}"
