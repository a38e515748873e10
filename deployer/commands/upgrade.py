"""Upgrades a hub: the settings of its last deployment, with what is given now laid over them.

If BinderHub does not become healthy, the release returns to what it was before, and the error says so.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from deployer.azure.cluster_state import check_node_sizes, check_region
from deployer.azure.clusters import open_cluster
from deployer.azure.session import open_session
from deployer.cloud import REGISTRY_SUFFIX
from deployer.commands.runner import Job, run_job
from deployer.errors import DeployerError, HelmError, PreflightError, VerificationError
from deployer.helm.client import DEPLOYED, PENDING_STATUSES, Helm
from deployer.inventory.differences import Live, changed_settings, find_differences
from deployer.inventory.hub import find_hub, usable_cluster
from deployer.inventory.old_images import find_old_images, keeps_images
from deployer.kubernetes.stored_settings import read_stored_settings
from deployer.names import derive_names
from deployer.plan import build_plan
from deployer.progress.report import StepReport
from deployer.settings.loading import hide_stored_secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from azure.mgmt.containerservice.models import ManagedCluster
    from kr8s.asyncio import Api

    from deployer.commands.runner import Finished, RunOptions
    from deployer.helm.client import ReleaseState
    from deployer.inventory.differences import Differences
    from deployer.inventory.hub import Hub
    from deployer.kubernetes.cluster import ClusterAccess
    from deployer.progress.events import Progress, Sink
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


async def prepare_upgrade(
    settings: Settings,
    options: RunOptions,
    load: Callable[[Mapping[str, Any]], Settings],
    progress: Progress,
) -> Upgrade:
    """Return what an upgrade will be, without changing anything.

    Args:
        settings: with at least the name of the hub and its resource group.
        options: of the command.
        load: returns the settings from all sources, given those of the last deployment.
        progress: receives what is waited for.

    Raises:
        PreflightError: there is no hub, it is stopped, in another region or has other node sizes, or no
            deployment of it has succeeded.
        SettingsError: the settings do not go together.

    """
    report = StepReport("upgrade", progress)
    async with open_session(settings, report) as session:
        hub = await find_hub(session, options.directory, report)
        cluster = usable_cluster(hub)
        group, name = session.settings.resource_group_name, hub.session.names.cluster
        async with open_cluster(session.azure, group, name, report, cluster) as access:
            return await _compare(hub, cluster, access, options, load)


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


async def _compare(
    hub: Hub,
    cluster: ManagedCluster,
    access: ClusterAccess,
    options: RunOptions,
    load: Callable[[Mapping[str, Any]], Settings],
) -> Upgrade:
    names, helm, api = hub.session.names, Helm(options.helm, access.kubeconfig), await access.api()
    stored, releases, values = await asyncio.gather(
        read_stored_settings(api), helm.list(), helm.values(names.release, names.namespace)
    )
    if stored is None:
        raise PreflightError(
            f"No deployment of the hub {names.hub} has succeeded yet, so there is nothing to upgrade.",
            suggestion="Deploy it, with all its settings: upgrades need no more than its name then.",
        )
    hide_stored_secrets(stored)
    wanted = load(stored)
    resolved = wanted.resolved(
        subscription_id=hub.session.azure.subscription,
        location=wanted.resource_group_location or cluster.location,
    )
    check_region(cluster, resolved)
    check_node_sizes(cluster, resolved)
    changed = changed_settings(stored, wanted.chosen())
    differences = find_differences(resolved, Live(releases, values, cluster.as_dict()), changed)
    return Upgrade(wanted, replace(differences, images=await _old_images(hub, api, resolved)))


async def _old_images(hub: Hub, api: Api, settings: Settings) -> tuple[str, ...]:
    """Return what an upgrade removes from the registry, as a line; nothing where it cannot be read."""
    if keeps_images(settings):
        return ()
    names = derive_names(settings)
    server = f"{names.registry}.{REGISTRY_SUFFIX}"
    try:
        old = await find_old_images(server, hub.session.credential, api, settings, names)
    except DeployerError:
        return ()
    days = settings.image_retention_days
    return (f"{len(old)} image(s) go that no build has pushed for {days} days",) if old else ()


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
