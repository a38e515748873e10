"""Who reaches the API server of a cluster: its authorised address ranges, and this machine while it deploys.

The API server does not answer other addresses. A deployment from elsewhere, such as one in a container,
whose address Azure tells nobody, adds its own address and takes it out again at its end. The ranges are never
lifted: policies of a department may demand them.
"""

from __future__ import annotations

import asyncio
from ipaddress import AddressValueError, IPv4Address, IPv4Network
from typing import TYPE_CHECKING

from azure.core.exceptions import AzureError as SdkError

from deployer.azure.clusters import authorised_ranges, find_cluster
from deployer.azure.errors import azure_error
from deployer.errors import KubernetesError, PreflightError
from deployer.settings.types.addresses import EVERYBODY
from deployer.waiting import Pending, TimeLimitExceededError, wait_until

if TYPE_CHECKING:
    from collections.abc import Sequence

    from azure.mgmt.containerservice.models import ManagedCluster

    from deployer.azure.clients import AzureClients
    from deployer.kubernetes.cluster import ClusterAccess
    from deployer.progress.report import StepReport

# Each tells in plain text which address it was asked from. AKS documents the first one for this purpose; it
# limits how often an address may ask, and containers share theirs with others.
OWN_ADDRESS = ("https://ipinfo.io/ip", "https://api.ipify.org")
# For its answer. Seconds.
ANSWER_LIMIT = 10.0
# New ranges take up to two minutes to have an effect (AKS, API server authorized IP ranges). Seconds.
EFFECT_LIMIT = 300.0
LOOK_EVERY = 5.0
# For the last request of a run, which may have been interrupted: a container is killed soon after. Seconds.
WITHDRAWAL_LIMIT = 15.0


async def own_range_beside(ranges: Sequence[str]) -> str | None:
    """Return the range of this machine's public address alone, None where one of the ranges has it already.

    Raises:
        PreflightError: the address cannot be found out.

    """
    if not ranges or EVERYBODY in ranges:
        return None
    address = await _own_address()
    return None if any(address in IPv4Network(each) for each in ranges) else f"{address}/32"


async def _own_address() -> IPv4Address:
    import httpx

    troubles = []
    for service in OWN_ADDRESS:
        try:
            return await _told_by(service)
        except (httpx.HTTPError, AddressValueError) as trouble:
            troubles.append(f"{service}: {trouble!r}")
    raise PreflightError(
        f"The public address of this machine is not known ({'; '.join(troubles)}).",
        cause="With API_SERVER_AUTHORIZED_RANGES, the deployer adds its own address while it runs.",
        suggestion=f"Let this machine reach {OWN_ADDRESS[0]}, or leave API_SERVER_AUTHORIZED_RANGES unset.",
    )


async def _told_by(service: str) -> IPv4Address:
    import httpx

    async with httpx.AsyncClient(timeout=ANSWER_LIMIT) as client:
        answer = await client.get(service)
    return IPv4Address(answer.raise_for_status().text.strip())


async def await_admission(access: ClusterAccess, report: StepReport) -> None:
    """Wait until the API server answers this machine, after a change of its ranges.

    Raises:
        KubernetesError: it does not in time.

    """

    async def look() -> bool | Pending:
        try:
            await access.api()
        except KubernetesError:
            return Pending("waiting until the Kubernetes API answers this machine")
        return True

    try:
        await wait_until(look, report.progress, limit=EFFECT_LIMIT, every=LOOK_EVERY)
    except TimeLimitExceededError:
        raise KubernetesError(
            "The Kubernetes API does not answer this machine, whose address is in its authorised ranges.",
            cause="The machine may have several public addresses.",
            suggestion="Add all of them to API_SERVER_AUTHORIZED_RANGES, or deploy from another network.",
            retryable=True,
        ) from None


async def withdraw(azure: AzureClients, group: str, name: str, own: str, report: StepReport) -> None:
    """Take the address of this machine out of the ranges again; Azure completes that after the run."""
    try:
        async with asyncio.timeout(WITHDRAWAL_LIMIT):
            found = await find_cluster(azure, group, name)
            if found is not None and own in authorised_ranges(found.as_dict()):
                clusters = azure.clusters.managed_clusters
                await clusters.begin_create_or_update(group, name, _without(found, own))
                report.progress(f"taking {own} out of the authorised ranges of the Kubernetes API")
    except Exception as error:  # noqa: BLE001 - whatever it is, the run has ended and says so
        report.warning(
            f"{own}, this machine, is still in the authorised ranges of the Kubernetes API: Azure was "
            f"busy or did not answer ({_in_words(error)}). The next deployment takes it out"
        )


def _without(found: ManagedCluster, own: str) -> ManagedCluster:
    from azure.mgmt.containerservice.models import ManagedCluster

    body = found.as_dict()
    kept = [each for each in authorised_ranges(body) if each != own]
    body["properties"]["apiServerAccessProfile"]["authorizedIPRanges"] = kept
    return ManagedCluster(body)


def _in_words(error: Exception) -> str:
    return azure_error(error).message if isinstance(error, SdkError) else type(error).__name__
