"""Shows the logs of a hub: of its pods by the API of the cluster, of the deployer from its outputs."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from deployer.azure.clusters import open_cluster
from deployer.azure.container_groups import (
    CONTAINER_GROUP_API,
    container_group_properties,
    has_ended,
    own_container_groups,
)
from deployer.azure.retries import with_retries
from deployer.azure.session import open_session
from deployer.commands.deployer_log import container_lines, stored_lines
from deployer.errors import PreflightError
from deployer.inventory.hub import find_hub, usable_cluster
from deployer.kubernetes.pod_logs import LogLine, LogRange, PodChoice, read_logs
from deployer.names import CERT_MANAGER, INGRESS
from deployer.outputs.history import read_log
from deployer.progress.report import StepReport

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping
    from pathlib import Path

    from deployer.inventory.hub import Hub
    from deployer.progress.events import Progress
    from deployer.settings import Settings

# Between two looks at the log of a container of the deployer. Seconds.
LOOK_EVERY = 2.0
REPOSITORY = "binder-repo"  # the annotation of BinderHub's build pods


class LogTarget(StrEnum):
    """Whose log is shown."""

    BINDER = "binder"
    HUB = "hub"
    PROXY = "proxy"
    USER_SCHEDULER = "user-scheduler"
    BUILDS = "builds"
    TRAEFIK = "traefik"
    CERT_MANAGER = "cert-manager"
    DEPLOYER = "deployer"


async def show_logs(
    settings: Settings, directory: Path, target: LogTarget | None, wanted: LogRange, progress: Progress
) -> AsyncGenerator[LogLine, None]:
    """Yield the lines of a log.

    Args:
        settings: with at least the name of the hub and its resource group.
        directory: where outputs may be that went to no storage account.
        target: whose log; None for those of BinderHub, JupyterHub and the proxy together.
        wanted: which lines.
        progress: receives what is waited for.

    Raises:
        PreflightError: there is no such hub, or its cluster is stopped.
        KubernetesError: the cluster refuses.

    """
    report = StepReport("logs", progress)
    async with open_session(settings, report) as session:
        hub = await find_hub(session, directory, report)
        lines = (
            _of_deployer(hub, directory, wanted, report)
            if target is LogTarget.DEPLOYER
            else _of_pods(hub, target, wanted, report)
        )
        async with aclosing(lines) as opened:
            async for line in opened:
                yield line


async def _of_pods(
    hub: Hub, target: LogTarget | None, wanted: LogRange, report: StepReport
) -> AsyncGenerator[LogLine, None]:
    names, group = hub.session.names, hub.session.settings.resource_group_name
    cluster = usable_cluster(hub)
    async with open_cluster(hub.session.azure, group, names.cluster, report, cluster) as access:
        api = await access.api()
        if wanted.follow:
            api.timeout = None  # A log that is followed may be silent for hours.
        lines = read_logs(api, choices(target, names.namespace), wanted)
        async with aclosing(lines) as opened:
            async for line in opened:
                yield line


def choices(target: LogTarget | None, namespace: str) -> list[PodChoice]:
    """Return the pods of a target; without one those of BinderHub, JupyterHub and the proxy."""
    if target is LogTarget.TRAEFIK:
        return [PodChoice(INGRESS, {"app.kubernetes.io/name": "traefik"})]
    if target is LogTarget.CERT_MANAGER:
        return [PodChoice(CERT_MANAGER, {"app.kubernetes.io/instance": CERT_MANAGER})]
    if target is LogTarget.BUILDS:
        return [PodChoice(namespace, {"component": "binderhub-build"}, _repository)]
    named = [target] if target else [LogTarget.BINDER, LogTarget.HUB, LogTarget.PROXY]
    return [PodChoice(namespace, {"component": each.value}) for each in named]


def _repository(pod: Mapping[str, Any]) -> str:
    """Return what is built, with the name of the pod: several builds of a repository may run."""
    annotations = pod["metadata"].get("annotations") or {}
    built = str(annotations.get(REPOSITORY) or "unknown repository")
    return f"{built} ({pod['metadata']['name']})"


async def _of_deployer(
    hub: Hub, directory: Path, wanted: LogRange, report: StepReport
) -> AsyncGenerator[LogLine, None]:
    """Yield the log of the run that goes on in a container, else that of the last run that ended."""
    if container := await _running_container(hub, report):
        async for line in _of_container(hub, container, wanted, report):
            yield line
        return
    if not hub.history:
        raise PreflightError(
            f"No run of the hub {hub.session.names.hub} has left a log that can be read.",
            suggestion="Logs are in the storage account of the hub, or in the directory --outputs.",
        )
    text = await with_retries(
        report,
        "read the log",
        lambda: read_log(hub.history[0], hub.accounts, hub.session.credential, directory),
        rights_may_come=False,
    )
    for line in stored_lines(text.splitlines(), wanted, datetime.now(UTC)):
        yield line


async def _running_container(hub: Hub, report: StepReport) -> str | None:
    """Return the id of the newest container group of the deployer if it has not ended."""
    group, name = hub.session.settings.resource_group_name, hub.session.names.hub
    found = await with_retries(
        report,
        "find the containers of the deployer",
        lambda: own_container_groups(hub.session.azure, group, name),
        rights_may_come=False,
    )
    return found[-1] if found and not await _has_ended(hub, found[-1], report) else None


async def _has_ended(hub: Hub, container: str, report: StepReport) -> bool:
    """Return whether a container group has ended, or is gone."""
    properties = await with_retries(
        report,
        "look at the container",
        lambda: container_group_properties(hub.session.azure, container),
        rights_may_come=False,
    )
    return not properties or has_ended(properties)


async def _of_container(
    hub: Hub, container: str, wanted: LogRange, report: StepReport
) -> AsyncGenerator[LogLine, None]:
    path = f"{container}/containers/deployer/logs"
    shown = 0
    while True:
        ended = not wanted.follow or await _has_ended(hub, container, report)
        answer = await with_retries(
            report,
            "read the log of the container",
            lambda: hub.session.azure.find(path, CONTAINER_GROUP_API),
            rights_may_come=False,
        )
        lines = str((answer or {}).get("content") or "").splitlines()
        # Fewer than before are those of another start: Azure starts a container again that has crashed.
        shown = shown if len(lines) >= shown else 0
        for line in container_lines(lines[shown:], wanted, datetime.now(UTC)):
            yield line
        shown, wanted = len(lines), replace(wanted, since=None, tail=None)
        if ended:
            return
        await asyncio.sleep(LOOK_EVERY)
