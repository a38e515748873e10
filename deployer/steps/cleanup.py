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
from deployer.helm.releases import Releases
from deployer.kubernetes.dns_inventory import read_inventory, write_inventory
from deployer.kubernetes.namespaces import find_own_namespace, remove_own_namespace
from deployer.kubernetes.objects import ObjectName, find_object, remove_object
from deployer.names import CERT_MANAGER, INGRESS, TLS_SECRET
from deployer.run.workflow import Step
from deployer.waiting import Pending, TimeLimitExceededError, wait_until

if TYPE_CHECKING:
    from kr8s.asyncio import Api

    from deployer.progress.report import StepReport
    from deployer.run.context import Context

# cert-manager removes its solvers within a second; once it is gone, nothing else would. Seconds.
ORDERS_LIMIT = 60.0
LOOK_EVERY = 1.0


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
        removed += await _remove_https(context, report, api)
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
            lambda: remove_record(context.azure, record, context.names.hub),
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


async def _remove_https(context: Context, report: StepReport, api: Api) -> list[str]:
    """Remove everything that served HTTPS, cert-manager only after what it has to clean up itself."""
    removed = []
    releases = Releases(context.helm, context.results.cluster.get(), report)
    if await find_own_namespace(api, CERT_MANAGER):
        certificates = CertificateClient(api, context.names)
        await certificates.remove_certificate()
        await _await_no_orders(certificates, report)
        for issuer in await certificates.own_issuers():
            await certificates.remove_issuer(issuer)
        await releases.remove(CERT_MANAGER, CERT_MANAGER)
        await remove_own_namespace(api, CERT_MANAGER, report)
        removed.append("cert-manager")
    secret = ObjectName("v1", "Secret", TLS_SECRET, context.names.namespace)
    if await find_object(api, secret) and await remove_object(api, secret):
        removed.append("the certificate")
    if await find_own_namespace(api, INGRESS):
        await releases.remove(INGRESS, INGRESS)
        await remove_own_namespace(api, INGRESS, report)
        removed.append("Traefik with its addresses")
    return removed


async def _await_no_orders(certificates: CertificateClient, report: StepReport) -> None:
    """Wait until the orders and challenges of the certificate are gone; warn about those that stay."""
    remaining: list[str] = []

    async def look() -> bool | Pending:
        nonlocal remaining
        remaining = await certificates.remaining()
        return Pending("waiting until cert-manager has removed its orders") if remaining else True

    try:
        await wait_until(look, report.progress, limit=ORDERS_LIMIT, every=LOOK_EVERY)
    except TimeLimitExceededError:
        report.warning(f"cert-manager did not remove {', '.join(remaining)}")
