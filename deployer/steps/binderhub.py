"""The BinderHub release: one Helm run, none where the wanted release is there and whole."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import yaml

from deployer.errors import HelmError
from deployer.helm import DEPLOYED, ChartSource, Helm
from deployer.kubernetes import missing_objects, waiting_pods
from deployer.values import render_binderhub_values

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from deployer.context import Context
    from deployer.helm import ReleaseState
    from deployer.workflow import StepReport

CHART = "binderhub"

# Statuses that a killed run leaves, and that helm itself treats as a dead end.
HALF_DONE = {"pending-install", "pending-upgrade", "pending-rollback", "uninstalling"}

LOOK_EVERY = 10.0
MOST_PODS_TOLD = 3


async def ensure_binderhub(context: Context, report: StepReport) -> str:
    """Make sure that the release has the wanted chart and values, and that none of its objects is missing."""
    helm = Helm(context.helm, context.results.cluster.get().kubeconfig)
    chart = ChartSource(
        CHART, context.settings.binderhub_chart_repository, context.settings.binderhub_version
    )
    values = render_binderhub_values(context.settings, context.names, context.results.registry.get())
    context.results.values.set(values)
    await _write_values(context)
    before = await _recovered(context, report, helm)
    if before is not None and before.matches(chart, values.merged()) and not await _missing(context, before):
        return f"release {context.names.release} is there, revision {before.revision}"
    return await _install(context, report, helm, chart, before)


async def _write_values(context: Context) -> None:
    """Put the values into the outputs before they are tried, so that a failed run leaves them too."""
    values = context.results.values.get()
    await context.outputs.write("values.yaml", yaml.safe_dump(values.public, sort_keys=False))
    await context.outputs.write("secret-values.yaml", yaml.safe_dump(values.secret, sort_keys=False))


async def _recovered(context: Context, report: StepReport, helm: Helm) -> ReleaseState | None:
    """Return the release, after undoing what a killed run left half-done."""
    before = context.results.release_before.get()
    if before is None or before.status not in HALF_DONE:
        return before
    report.warning(f"an earlier run left the release {before.status}: undoing that first")
    return await helm.clear_the_way(context.names.release, context.names.namespace)


async def _missing(context: Context, release: ReleaseState) -> list[str]:
    api = await context.results.cluster.get().api()
    return await missing_objects(api, release.resources, context.names.namespace)


async def _install(
    context: Context, report: StepReport, helm: Helm, chart: ChartSource, before: ReleaseState | None
) -> str:
    names = context.names
    report.progress(f"{'installing' if before is None else 'upgrading'} {chart.name} {chart.version}")
    try:
        async with _telling_pods(context, report):
            revision = await helm.install(
                names.release,
                names.namespace,
                chart,
                context.results.values.get().merged(),
                roll_back=before is not None and before.status == DEPLOYED,
            )
    except HelmError as error:
        raise await _explained(context, error) from None
    return f"release {names.release} {'installed' if before is None else 'upgraded'}, revision {revision}"


@asynccontextmanager
async def _telling_pods(context: Context, report: StepReport) -> AsyncIterator[None]:
    """Tell, while helm waits, which pods it waits for."""
    telling = asyncio.create_task(_tell_pods(context, report))
    try:
        yield
    finally:
        telling.cancel()
        await asyncio.gather(telling, return_exceptions=True)


async def _tell_pods(context: Context, report: StepReport) -> None:
    api = await context.results.cluster.get().api()
    while True:
        await asyncio.sleep(LOOK_EVERY)
        if waiting := await waiting_pods(api, context.names.namespace):
            report.progress(f"waiting for {_told(waiting)}")


async def _explained(context: Context, error: HelmError) -> HelmError:
    """Add to helm's words what the pods say."""
    api = await context.results.cluster.get().api()
    waiting = await waiting_pods(api, context.names.namespace)
    cause = f"Not ready: {_told(waiting)}" if waiting else error.cause
    return HelmError(error.message, cause=cause, suggestion=error.suggestion, retryable=error.retryable)


def _told(pods: list[str]) -> str:
    more = len(pods) - MOST_PODS_TOLD
    return "; ".join(pods[:MOST_PODS_TOLD]) + (f"; and {more} more" if more > 0 else "")
