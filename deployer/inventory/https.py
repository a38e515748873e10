"""Removes what serves HTTPS: the certificate, cert-manager, Traefik with its addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.certificates.client import CertificateClient
from deployer.helm.releases import Releases
from deployer.kubernetes.namespaces import find_own_namespace, remove_own_namespace
from deployer.kubernetes.objects import ObjectName, find_object, remove_object
from deployer.names import CERT_MANAGER, INGRESS, TLS_SECRET
from deployer.waiting import Pending, TimeLimitExceededError, wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from kr8s.asyncio import Api

    from deployer.kubernetes.cluster import ClusterAccess
    from deployer.names import HubNames
    from deployer.progress.report import StepReport

# cert-manager removes its solvers within a second; once it is gone, nothing else would. Seconds.
ORDERS_LIMIT = 60.0
LOOK_EVERY = 1.0


async def remove_https(helm: Path, access: ClusterAccess, names: HubNames, report: StepReport) -> list[str]:
    """Remove everything that serves HTTPS, cert-manager only after what it has to clean up itself.

    Args:
        helm: the helm program.
        access: how the API of the cluster is reached.
        names: of the hub.
        report: of the step.

    Returns:
        What was removed, in the reader's terms.

    """
    api = await access.api()
    releases = Releases(helm, access, report)
    removed = await _remove_cert_manager(api, releases, names, report)
    secret = ObjectName("v1", "Secret", TLS_SECRET, names.namespace)
    if await find_object(api, secret) and await remove_object(api, secret):
        removed.append("the certificate")
    if await find_own_namespace(api, INGRESS):
        await releases.remove(INGRESS, INGRESS)
        await remove_own_namespace(api, INGRESS, report)
        removed.append("Traefik with its addresses")
    return removed


async def _remove_cert_manager(
    api: Api, releases: Releases, names: HubNames, report: StepReport
) -> list[str]:
    if not await find_own_namespace(api, CERT_MANAGER):
        return []
    certificates = CertificateClient(api, names)
    await certificates.remove_certificate()
    await _await_no_orders(certificates, report)
    for issuer in await certificates.own_issuers():
        await certificates.remove_issuer(issuer)
    await releases.remove(CERT_MANAGER, CERT_MANAGER)
    await remove_own_namespace(api, CERT_MANAGER, report)
    return ["cert-manager"]


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
