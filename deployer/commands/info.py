"""Inspects a hub for `info`: as Azure and the cluster have it now, and how its last run ended.

Whatever cannot be looked at is named, and the rest is shown all the same.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from deployer.azure.clusters import RUNNING, open_cluster, power_state
from deployer.certificates.client import CertificateClient
from deployer.certificates.state import certificate_in_words
from deployer.errors import DeployerError
from deployer.helm.client import Helm
from deployer.inventory.differences import Live, find_differences
from deployer.inventory.hub import find_hub, no_such_hub
from deployer.inventory.hub_info import Contents, describe_hub
from deployer.inventory.schedule import find_schedule
from deployer.inventory.sites import answers, sites_of
from deployer.kubernetes.objects import list_objects
from deployer.kubernetes.stored_settings import read_stored_settings
from deployer.settings.loading import hide_stored_secrets

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from deployer.azure.session import Session
    from deployer.inventory.hub import Hub
    from deployer.inventory.hub_info import HubInfo
    from deployer.kubernetes.cluster import ClusterAccess
    from deployer.names import HubNames
    from deployer.progress.report import StepReport
    from deployer.settings import Settings

# Its power state is that from before until the operation ends.
WITHOUT_API = frozenset({"Starting", "Stopping"})


async def inspect_hub(session: Session, helm: Path, directory: Path, report: StepReport) -> HubInfo:
    """Return the state of a hub, without changing anything.

    Args:
        session: opened with the name of the hub and its group.
        helm: the helm program.
        directory: where outputs may be that went to no storage account.
        report: receives what is waited for.

    Raises:
        PreflightError: there is nothing of such a hub.

    """
    hub = await find_hub(session, directory, report)
    names, group = hub.session.names, hub.session.settings.resource_group_name
    if hub.cluster is None and not hub.history and not hub.accounts:
        raise no_such_hub(names.hub, group, hint="; `deploy` creates a hub")
    contents, (schedule, wrong) = await asyncio.gather(
        _look_inside(hub, helm, report), find_schedule(hub.session, report)
    )
    contents.schedule = schedule
    contents.problems += wrong
    sites = sites_of(hub.session, contents.values)
    answering = await asyncio.gather(*map(answers, sites.probes))
    return describe_hub(hub, contents, sites, answering, _differences(hub, contents))


async def _look_inside(hub: Hub, helm: Path, report: StepReport) -> Contents:
    """Look into the cluster; what fails is a problem, and the rest is looked at all the same."""
    contents = Contents()
    if hub.cluster is None or power_state(hub.cluster) != RUNNING:
        return contents
    if hub.cluster.provisioning_state in WITHOUT_API:
        state = str(hub.cluster.provisioning_state).lower()
        contents.problems.append(f"The cluster is {state}: nothing in it can be looked at now.")
        return contents
    group, names = hub.session.settings.resource_group_name, hub.session.names
    try:
        async with open_cluster(hub.session.azure, group, names.cluster, report, hub.cluster) as access:
            await access.api()  # One failure in place of five, where the API is away.
            await _look(contents, access, names, helm)
    except DeployerError as error:
        contents.problems.append(error.message)
    return contents


async def _look(contents: Contents, access: ClusterAccess, names: HubNames, helm: Path) -> None:
    async def releases() -> None:
        contents.releases = await Helm(helm, access.kubeconfig).list()

    async def values() -> None:
        contents.values = await Helm(helm, access.kubeconfig).values(names.release, names.namespace)

    async def certificate() -> None:
        state = await CertificateClient(await access.api(), names).state()
        contents.certificate = certificate_in_words(state)

    async def pods() -> None:
        contents.pods = await list_objects(await access.api(), "v1", "Pod", names.namespace)

    async def stored() -> None:
        contents.stored = await read_stored_settings(await access.api())

    looks = (releases(), values(), certificate(), pods(), stored())
    for failure in await asyncio.gather(*looks, return_exceptions=True):
        if isinstance(failure, DeployerError):
            contents.problems.append(failure.message)
        elif isinstance(failure, BaseException):
            raise failure


def _differences(hub: Hub, contents: Contents) -> tuple[str, ...]:
    """Return what a deployment with the settings of the last one would change now."""
    if contents.stored is None or hub.cluster is None:
        return ()
    hide_stored_secrets(contents.stored)
    settings = _resolved(hub, contents.stored)
    if settings is None:
        return ("the settings of the last deployment are not valid for this release of the deployer",)
    live = Live(contents.releases, contents.values, hub.cluster.as_dict())
    return tuple(find_differences(settings, live).lines())


def _resolved(hub: Hub, stored: Mapping[str, Any]) -> Settings | None:
    """Return the settings of the last deployment, None where they are not valid any more."""
    own = hub.session.settings
    minimal = {"binderhub_name": own.binderhub_name, "resource_group_name": own.resource_group_name}
    try:
        settings = type(own).model_validate({**minimal, **stored})
    except ValueError:
        return None
    location = settings.resource_group_location or own.region
    return settings.resolved(subscription_id=hub.session.azure.subscription, location=location)
