"""Upgrades a hub: the settings of its last deployment, with what is given now laid over them.

If BinderHub does not become healthy, the release returns to what it was before, and the error says so.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from deployer.azure.clusters import authorised_ranges, open_cluster
from deployer.azure.session import open_session
from deployer.commands.runner import Job, run_job
from deployer.errors import DeployerError, HelmError, PreflightError, VerificationError
from deployer.helm.client import DEPLOYED, PENDING_STATUSES, Helm
from deployer.inventory.differences import Live, changed_settings, find_differences
from deployer.inventory.hub import find_hub, usable_cluster
from deployer.kubernetes.stored_settings import read_stored_settings
from deployer.plan import build_plan
from deployer.progress.events import Progress
from deployer.progress.report import StepReport
from deployer.settings.loading import hide_stored_secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from deployer.commands.runner import Finished, RunOptions
    from deployer.helm.client import ReleaseState
    from deployer.inventory.differences import Differences
    from deployer.progress.events import Sink
    from deployer.run.context import Context
    from deployer.settings import Settings


@dataclass(frozen=True)
class Upgrade:
    """An upgrade before it is made.

    Attributes:
        settings: of the hub after the upgrade.
        differences: to the hub as it is.

    """

    settings: Settings
    differences: Differences


@dataclass(frozen=True)
class _Found:
    """The hub as it is, and the settings of its last deployment."""

    stored: dict[str, Any]
    live: Live
    subscription: str
    location: str


async def prepare_upgrade(
    settings: Settings, options: RunOptions, load: Callable[[Mapping[str, Any]], Settings]
) -> Upgrade:
    """Return what an upgrade will be, without changing anything.

    Args:
        settings: with at least the name of the hub and its resource group.
        options: of the command.
        load: returns the settings from all sources, given those of the last deployment.

    Raises:
        PreflightError: there is no hub, it is stopped, or no deployment of it has succeeded.
        SettingsError: the settings do not go together.

    """
    found = await _find(settings, options)
    wanted = load(found.stored)
    resolved = wanted.resolved(
        subscription_id=found.subscription, location=wanted.resource_group_location or found.location
    )
    changed = changed_settings(found.stored, wanted.chosen())
    return Upgrade(wanted, find_differences(resolved, found.live, changed))


async def upgrade(
    wanted: Upgrade, warnings: Sequence[str], sinks: Sequence[Sink], options: RunOptions
) -> Finished:
    """Make an upgrade.

    Args:
        wanted: as `prepare_upgrade` returned it.
        warnings: shown at the start.
        sinks: receive the events of the run.
        options: of the command.

    Raises:
        DeployerError: see `run_job`; its message says whether the release returned to what it was.

    """
    job = Job(
        build_plan(wanted.settings),
        opening=f"Upgrading the BinderHub {wanted.settings.binderhub_name}",
        closing=lambda names: f"BinderHub is upgraded, at {names.binder_url}",
        resume="upgrade",
        leaves_next_steps=True,
        recover=_roll_back,
    )
    return await run_job(job, wanted.settings, warnings, sinks, options)


async def _find(settings: Settings, options: RunOptions) -> _Found:
    report = StepReport("upgrade", Progress())
    async with open_session(settings, report) as session:
        hub = await find_hub(session, options.directory, report)
        names, group = hub.session.names, hub.session.settings.resource_group_name
        cluster = usable_cluster(hub)
        ranges = authorised_ranges(cluster.as_dict())
        async with open_cluster(session.azure, group, names.cluster, report, ranges) as access:
            helm = Helm(options.helm, access.kubeconfig)
            stored, releases, release = await asyncio.gather(
                read_stored_settings(await access.api()),
                helm.list(),
                helm.find(names.release, names.namespace),
            )
    if stored is None:
        raise PreflightError(
            f"No deployment of the hub {names.hub} has succeeded yet, so there is nothing to upgrade.",
            suggestion="Deploy it, with all its settings: upgrades need no more than its name then.",
        )
    hide_stored_secrets(stored)
    live = Live(releases, release, cluster.as_dict())
    return _Found(stored, live, session.azure.subscription, cluster.location)


async def _roll_back(context: Context, error: DeployerError, report: StepReport) -> DeployerError:
    """Return the release to what it was before, where that is what failed, and say so in the error."""
    results = context.results
    before = results.release_before.get() if results.release_before.is_set else None
    if before is None or not _is_of_the_release(error):
        return error
    names = context.names
    helm = Helm(context.helm, results.cluster.get().kubeconfig)
    try:
        now = await helm.find(names.release, names.namespace)
        if now is not None and now.status in PENDING_STATUSES:
            now = await helm.clear_the_way(names.release, names.namespace)
        if now is not None and now.revision > before.revision and not _is_as(now, before):
            report.progress(f"returning {names.release} to revision {before.revision}")
            await helm.roll_back(names.release, names.namespace, before.revision)
            now = await helm.find(names.release, names.namespace)
    except HelmError as failure:
        error.cause = f"{error.cause or ''} It could not be rolled back: {failure.message}".strip()
        return error
    if now is not None and now.revision > before.revision and _is_as(now, before):
        error.message = f"{error.message.rstrip('.')}. BinderHub was rolled back to what it was before."
        error.args = (error.message,)
    return error


def _is_of_the_release(error: DeployerError) -> bool:
    """Return whether BinderHub did not become healthy, or not within the time that a run has."""
    return isinstance(error, HelmError | VerificationError) or type(error) is DeployerError


def _is_as(now: ReleaseState, before: ReleaseState) -> bool:
    return now.status == DEPLOYED and now.chart == before.chart and now.values == before.values
