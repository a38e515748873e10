"""Removes what an earlier way of serving the hub left: releases, certificate, records of a domain.

Towards plain HTTP this comes before BinderHub's release: Traefik has to give its DNS labels back before other
Services can have them. Towards HTTPS it comes last, when the hub answers by its new names.
"""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import TYPE_CHECKING

from deployer.authorities import authorities_asked
from deployer.azure.dns import host_of, remove_record, unwanted_records
from deployer.azure.operations import ask
from deployer.certificate_store import CertificateStore
from deployer.errors import AzureError
from deployer.names import CERT_MANAGER, INGRESS, TLS_SECRET
from deployer.objects import ObjectName, find_object, remove_object
from deployer.own_namespaces import find_own_namespace, remove_own_namespace
from deployer.record_memory import remember_records, remembered_records
from deployer.releases import Releases

if TYPE_CHECKING:
    from kr8s.asyncio import Api

    from deployer.context import Context
    from deployer.workflow import StepReport

# cert-manager takes away what answered its challenges in a second; without it nobody would. Seconds.
CLEARING_PATIENCE = 60.0
LOOK_EVERY = 1.0


async def remove_leftovers(context: Context, report: StepReport) -> str:
    """Remove what these settings have no use for and this hub made."""
    api = await context.results.cluster.get().api()
    removed = await _records(context, report, api)
    if context.settings.https:
        removed += await _issuers(context, api)
    else:
        removed += await _https(context, report, api)
    return f"removed {', '.join(removed)}" if removed else "nothing to remove"


async def _records(context: Context, report: StepReport, api: Api) -> list[str]:
    """Remove records of a domain that the hub no longer has; what can't be removed stays remembered."""
    namespace = context.names.namespace
    known = await remembered_records(api, namespace)
    written = context.results.dns_records.get() if context.results.dns_records.is_set else ()
    unwanted = unwanted_records(known, context.names.cnames, written)
    outcomes = {record: await _remove_record(context, report, record) for record in unwanted}
    gone = {record for record, removed in outcomes.items() if removed is not None}
    await remember_records(api, namespace, [record for record in known if record not in gone])
    return [f"the record {host_of(record)}" for record, removed in outcomes.items() if removed]


async def _remove_record(context: Context, report: StepReport, record: str) -> bool | None:
    """Remove one record; say whether there was one of ours, None where it is still there."""
    try:
        return await ask(
            report,
            f"remove the record {host_of(record)}",
            lambda: remove_record(context.azure, record, context.names.hub),
            rights_may_come=False,
        )
    except AzureError as error:
        report.note(
            f"The record {host_of(record)} of the domain that this hub had can't be removed: {error.message} "
            "Remove it where the domain's DNS is run."
        )
        return None


async def _issuers(context: Context, api: Api) -> list[str]:
    """Remove accounts with authorities that are no longer to be asked."""
    wanted = {authority.issuer for authority in authorities_asked(context.settings.certificate_authority)}
    store = CertificateStore(api, context.names)
    unwanted = [issuer for issuer in await store.own_issuers() if issuer not in wanted]
    for issuer in unwanted:
        await store.forget_issuer(issuer)
    return [f"the issuer {issuer}" for issuer in unwanted]


async def _https(context: Context, report: StepReport, api: Api) -> list[str]:
    """Remove all that served HTTPS, cert-manager after everything that it has to clear away itself."""
    removed = []
    releases = Releases(context.helm, context.results.cluster.get(), report)
    if await find_own_namespace(api, CERT_MANAGER):
        store = CertificateStore(api, context.names)
        await store.remove_certificate()
        await _await_cleared(store, report)
        for issuer in await store.own_issuers():
            await store.forget_issuer(issuer)
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


async def _await_cleared(store: CertificateStore, report: StepReport) -> None:
    """Wait until the orders and challenges of the certificate are gone; what stays is said aloud."""
    started = monotonic()
    while remaining := await store.remaining():
        if monotonic() - started > CLEARING_PATIENCE:
            report.warning(f"cert-manager did not clear away {', '.join(remaining)}")
            return
        report.progress("waiting until cert-manager has cleared its orders away")
        await asyncio.sleep(LOOK_EVERY)
