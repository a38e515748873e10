"""Removes what the new settings no longer use: releases, certificates, DNS records of a former domain.

A hub that changes to plain HTTP runs this before BinderHub is upgraded: Traefik has to give up its DNS labels
before other Services can have them. A hub that changes to HTTPS runs it last, once it answers at its new
names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.azure.dns import host_of, remove_record, unwanted_records
from deployer.azure.retries import with_retries
from deployer.certificates.authorities import authorities_asked
from deployer.certificates.client import CertificateClient
from deployer.errors import AzureError, KubernetesError
from deployer.inventory.https import remove_https
from deployer.kubernetes.dns_inventory import read_inventory, write_inventory
from deployer.run.workflow import Step

if TYPE_CHECKING:
    from kr8s.asyncio import Api

    from deployer.progress.report import StepReport
    from deployer.run.context import Context


def cleanup_step() -> Step[Context]:
    """Declare the step."""
    return Step("cleanup", "Remove what the previous configuration no longer needs", clean_up)


async def clean_up(context: Context, report: StepReport) -> str:
    """Remove what this hub created and these settings do not use."""
    api = await context.results.cluster.get().api()
    removed = await _remove_records(context, report, api)
    if context.settings.https:
        removed += await _remove_issuers(context, report, api)
    else:
        removed += await remove_https(context.helm, context.results.cluster.get(), context.names, report)
    return f"removed {', '.join(removed)}" if removed else "nothing to remove"


async def _remove_records(context: Context, report: StepReport, api: Api) -> list[str]:
    """Remove records of a former domain; a record that cannot be removed stays in the inventory."""
    namespace = context.names.namespace
    known = await read_inventory(api, namespace)
    written = context.results.dns_records.get() if context.results.dns_records.is_set else ()
    unwanted = unwanted_records(known, context.names.cnames, written)
    outcomes = {record: await _remove_record(context, report, record) for record in unwanted}
    gone = {record for record, removed in outcomes.items() if removed is not None}
    await write_inventory(api, namespace, [record for record in known if record not in gone])
    return [f"the record {host_of(record)}" for record, removed in outcomes.items() if removed]


async def _remove_record(context: Context, report: StepReport, record: str) -> bool | None:
    """Remove one record; return whether this hub had one, None where it could not be removed."""
    try:
        return await with_retries(
            report,
            f"remove the record {host_of(record)}",
            lambda: remove_record(context.azure, record, context.names.hub, context.names.cname_target),
            rights_may_come=False,
        )
    except AzureError as error:
        report.note(
            f"The record {host_of(record)} of the former domain cannot be removed: {error.message} "
            "Remove it where the DNS of the domain is managed."
        )
        return None


async def _remove_issuers(context: Context, report: StepReport, api: Api) -> list[str]:
    """Remove the issuers of authorities that the settings no longer name; one that stays does no harm."""
    wanted = {authority.issuer for authority in authorities_asked(context.settings.certificate_authority)}
    certificates = CertificateClient(api, context.names)
    unwanted = [issuer for issuer in await certificates.own_issuers() if issuer not in wanted]
    removed = []
    for issuer in unwanted:
        try:
            await certificates.remove_issuer(issuer)
        except KubernetesError as error:
            report.note(f"The issuer {issuer} is no longer used and cannot be removed: {error.message}")
        else:
            removed.append(f"the issuer {issuer}")
    return removed
