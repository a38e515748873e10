"""Installs BinderHub, with the JupyterHub that it starts sessions on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from deployer.azure.retries import with_retries
from deployer.comparison import contains
from deployer.errors import HelmError
from deployer.helm.charts import binderhub_chart
from deployer.helm.client import WantedRelease
from deployer.helm.releases import Releases
from deployer.helm.values import render_binderhub_values
from deployer.kubernetes.network_policies import render_visitor_policies
from deployer.kubernetes.objects import (
    ObjectName,
    create_object,
    ensure_object,
    find_object,
    patch_object,
)
from deployer.names import BINDER_SERVICE
from deployer.run.workflow import Step
from deployer.settings.chart_values import likely_cause

if TYPE_CHECKING:
    from kr8s.asyncio import Api

    from deployer.helm.values import RenderedValues
    from deployer.names import HubNames
    from deployer.progress.report import StepReport
    from deployer.run.context import Context
    from deployer.settings import Settings

# Nodes send visitors to pods of their own only, so that the pods see who calls.
PER_VISITOR = {"spec": {"externalTrafficPolicy": "Local"}}


def binderhub_step(settings: Settings) -> Step[Context]:
    """Declare the step."""

    def creates(names: HubNames) -> tuple[str, ...]:
        addresses = () if settings.https else names.address_hosts
        return (
            f"Helm release {names.release}",
            *(f"public address {host}" for host in addresses),
            "disk of 1 GB for the database of JupyterHub",
        )

    title = f"Install BinderHub (chart {settings.binderhub_version})"
    return Step("binderhub", title, ensure_binderhub, creates=creates)


async def ensure_binderhub(context: Context, report: StepReport) -> str:
    """Install or upgrade the release; leave it alone where chart, values and objects are as wanted.

    Raises:
        HelmError: it could not be installed.

    """
    settings, names = context.settings, context.names
    values = render_binderhub_values(
        settings, names, context.results.registry.get(), context.results.storage_class.get()
    )
    # Before the values are tried, so that a failed run leaves them too.
    await with_retries(report, "write the values into the outputs", lambda: _write_values(context, values))
    access = context.results.cluster.get()
    await _let_visitors_in(context, await access.api())
    releases = Releases(context.helm, access, report)
    chart = binderhub_chart(settings)
    package = context.results.charts.get()[chart.name]
    wanted = WantedRelease(names.release, names.namespace, chart, package, values.merged())
    try:
        outcome = await releases.ensure(wanted, context.results.release_before.get())
    except HelmError as error:
        error.cause = likely_cause(error.cause, settings.helm_values)
        raise
    await _shut_others_out(context, await access.api())
    if not settings.https:
        await _tell_visitors_apart(context, await access.api())
    return outcome


async def _let_visitors_in(context: Context, api: Api) -> None:
    """Open the two sites before the release needs it; do not close what visitors of the present one use."""
    for policy in render_visitor_policies(context.settings, context.names):
        if context.settings.https:
            await create_object(api, policy)
        else:
            await ensure_object(api, policy)


async def _shut_others_out(context: Context, api: Api) -> None:
    for policy in render_visitor_policies(context.settings, context.names):
        await ensure_object(api, policy)


async def _tell_visitors_apart(context: Context, api: Api) -> None:
    """Let BinderHub see the address of each visitor, by which it limits launches, not that of a node.

    The chart has no value for this field, and helm leaves fields alone that no chart of the release has set.
    With HTTPS, Traefik passes the address on.
    """
    name = ObjectName("v1", "Service", BINDER_SERVICE, context.names.namespace)
    found = await find_object(api, name)
    # Of another type, by HELM_VALUES, it has no such field.
    if found is not None and found["spec"]["type"] == "LoadBalancer" and not contains(found, PER_VISITOR):
        await patch_object(api, name, PER_VISITOR)


async def _write_values(context: Context, values: RenderedValues) -> None:
    await context.outputs.write("values.yaml", yaml.safe_dump(values.public, sort_keys=False))
    await context.outputs.store.write_secret_values(yaml.safe_dump(values.secret, sort_keys=False))
