"""Finds a hub by no more than its name and resource group: its cluster, its outputs, its earlier runs."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from deployer.azure.cluster_state import check_usable
from deployer.azure.clusters import find_cluster
from deployer.azure.retries import with_retries
from deployer.azure.storage_accounts import own_accounts
from deployer.errors import AzureError, PreflightError
from deployer.names import derive_names
from deployer.outputs.history import read_history
from deployer.outputs.stores import DirectoryOutputStore, open_store

if TYPE_CHECKING:
    from pathlib import Path

    from azure.mgmt.containerservice.models import ManagedCluster

    from deployer.azure.session import Session
    from deployer.outputs.history import PastRun
    from deployer.progress.report import StepReport


@dataclass(frozen=True)
class Hub:
    """A hub as it was found.

    Attributes:
        session: with the region of the cluster, which may be another one than that of the group.
        cluster: None where there is none of its name.
        accounts: storage accounts with the outputs of its runs.
        history: its earlier runs, the newest first.
        notes: what could not be read.

    """

    session: Session
    cluster: ManagedCluster | None
    accounts: tuple[str, ...]
    history: tuple[PastRun, ...]
    notes: tuple[str, ...] = ()

    @property
    def last_deployment(self) -> PastRun | None:
        """The newest run that was made with all settings of the hub."""
        return next((run for run in self.history if run.has_settings), None)


async def find_hub(session: Session, directory: Path, report: StepReport) -> Hub:
    """Look for a hub.

    Args:
        session: opened with the name of the hub and its group.
        directory: where outputs may be that went to no storage account.
        report: receives what is waited for.

    """
    cluster, accounts = await asyncio.gather(
        with_retries(report, "find the cluster", lambda: _cluster(session)), _accounts(session, report)
    )
    history, notes = await _history(session, accounts, directory, report)
    return Hub(located(session, cluster), cluster, accounts, history, notes)


def usable_cluster(hub: Hub) -> ManagedCluster:
    """Return the cluster of a hub that there has to be.

    Raises:
        PreflightError: there is none, or it is stopped, or not one of this hub.

    """
    names = hub.session.names
    if hub.cluster is None:
        raise no_such_hub(names.hub, hub.session.settings.resource_group_name)
    check_usable(hub.cluster, names)
    return hub.cluster


def no_such_hub(hub: str, group: str, *, hint: str = "") -> PreflightError:
    """Return the error for a hub that is not there.

    Args:
        hub: its name.
        group: name of its resource group.
        hint: what else may help, with the sign that joins it to the sentence before.

    """
    return PreflightError(
        f"There is no hub {hub} in the resource group {group}.",
        suggestion=f"Check the name of the hub, the resource group and the subscription{hint}.",
    )


async def _cluster(session: Session) -> ManagedCluster | None:
    return await find_cluster(session.azure, session.settings.resource_group_name, session.names.cluster)


async def _accounts(session: Session, report: StepReport) -> tuple[str, ...]:
    """Return the storage account of the settings, else those that carry the tag of the hub."""
    if session.settings.storage_account_name:
        return (session.settings.storage_account_name,)
    group, hub = session.settings.resource_group_name, session.names.hub
    return tuple(
        await with_retries(report, "find the outputs", lambda: own_accounts(session.azure, group, hub))
    )


async def _history(
    session: Session, accounts: tuple[str, ...], directory: Path, report: StepReport
) -> tuple[tuple[PastRun, ...], tuple[str, ...]]:
    hub, group = session.names.hub, session.settings.resource_group_name
    runs = await read_history(DirectoryOutputStore(directory), hub, group)
    notes = []
    for account in accounts:
        try:
            async with open_store(account, session.credential, directory) as store:
                runs += await with_retries(
                    report,
                    f"read the records in {account}",
                    lambda store=store: read_history(store, hub, group),  # type: ignore[misc]
                    rights_may_come=False,
                )
        except AzureError as error:
            notes.append(f"The records in the storage account {account} cannot be read: {error.message}")
    return tuple(sorted(runs, key=lambda run: run.started, reverse=True)), tuple(notes)


def located(session: Session, cluster: ManagedCluster | None) -> Session:
    """Return the session with the region of the cluster, of which the addresses of the hub are part."""
    if cluster is None or cluster.location == session.settings.resource_group_location:
        return session
    settings = session.settings.resolved(
        subscription_id=session.azure.subscription, location=cluster.location
    )
    return replace(session, settings=settings, names=derive_names(settings))
