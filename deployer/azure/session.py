"""Opens a session with Azure: signs in, finds the subscription and the region, opens the clients."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deployer.azure.clients import AzureClients, find_group, list_subscriptions
from deployer.azure.clusters import find_cluster
from deployer.azure.credentials import describe_credential, make_credential, wait_for_token
from deployer.azure.retries import if_seen, with_retries
from deployer.errors import PreflightError, Problem, SettingsError
from deployer.names import derive_names
from deployer.redaction import REDACTOR
from deployer.settings.types.azure import is_guid

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from azure.core.credentials_async import AsyncTokenCredential

    from deployer.names import HubNames
    from deployer.progress.report import StepReport
    from deployer.settings import Settings

ENABLED = "Enabled"
# Named in the error where there is no resource group to take the region from.
LOCATION_SETTING = "RESOURCE_GROUP_LOCATION"


@dataclass(frozen=True)
class Session:
    """What every command that talks to Azure needs.

    Attributes:
        settings: with the id of the subscription in place of its name, and with a region.
        names: derived from these settings.
        credential: the identity that makes the requests.
        azure: clients for the subscription.

    """

    settings: Settings
    names: HubNames
    credential: AsyncTokenCredential
    azure: AzureClients


@asynccontextmanager
async def open_session(settings: Settings, report: StepReport) -> AsyncIterator[Session]:
    """Sign in, find the subscription and open the clients.

    Raises:
        CredentialsError: there are no usable credentials, or Azure refuses them.
        PreflightError: no subscription matches the settings, or more than one.
        SettingsError: the region is not set, and there is no resource group to take it from.

    """
    async with make_credential(settings) as credential:
        report.progress(f"signing in with {describe_credential(credential)}")
        await wait_for_token(credential, report)
        subscription = await _find_subscription(settings.azure_subscription, credential, report)
        async with AzureClients(credential, subscription) as azure:
            location = settings.resource_group_location or await _find_location(settings, azure, report)
            resolved = settings.resolved(subscription_id=subscription, location=location)
            names = derive_names(resolved)
            REDACTOR.show(
                each for each in (*vars(names).values(), *names.address_hosts) if isinstance(each, str)
            )
            yield Session(resolved, names, credential, azure)


async def _find_location(settings: Settings, azure: AzureClients, report: StepReport) -> str:
    """Return the region of the hub's cluster, or where there is none, that of its resource group."""
    group, hub = settings.resource_group_name, settings.binderhub_name
    found = await with_retries(report, f"find the resource group {group}", lambda: find_group(azure, group))
    if found is None or not found.location:
        problem = Problem(
            LOCATION_SETTING,
            None,
            f"is not set, and there is no resource group {group} to take it from.",
            "Check the resource group and the subscription; for a new hub, name an Azure region, for example "
            "westeurope.",
        )
        raise SettingsError([problem])
    cluster = await if_seen(
        report, f"look for a cluster of the hub {hub}", lambda: find_cluster(azure, group, hub)
    )
    return (cluster.location if cluster else None) or found.location


async def _find_subscription(wanted: str | None, credential: AsyncTokenCredential, report: StepReport) -> str:
    """Return the id of the subscription, given its id, its name, or nothing where there is only one."""
    if wanted is not None and is_guid(wanted):
        return wanted
    listed = await with_retries(report, "list the subscriptions", lambda: list_subscriptions(credential))
    enabled = {entry["subscriptionId"]: entry["displayName"] for entry in listed if entry["state"] == ENABLED}
    matching = [
        found for found, name in enabled.items() if wanted is None or name.casefold() == wanted.casefold()
    ]
    if len(matching) == 1:
        return str(matching[0])
    seen = ", ".join(f"{name} ({found})" for found, name in enabled.items()) or "none"
    raise PreflightError(
        f"{'No' if not matching else 'More than one'} subscription matches AZURE_SUBSCRIPTION"
        f"{'' if wanted is None else f' = {wanted!r}'}.",
        cause=f"This login can see: {seen}.",
        suggestion="Set AZURE_SUBSCRIPTION to the id of the subscription to use.",
    )
