"""The BinderHub release."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from deployer.helm import ChartSource
from deployer.releases import Releases, WantedRelease
from deployer.values import render_binderhub_values

if TYPE_CHECKING:
    from deployer.context import Context
    from deployer.workflow import StepReport

CHART = "binderhub"


async def ensure_binderhub(context: Context, report: StepReport) -> str:
    """Make sure that the release has the wanted chart and values, and that none of its objects is missing."""
    settings, names = context.settings, context.names
    chart = ChartSource(
        CHART, settings.binderhub_chart_repository, settings.binderhub_version, "BINDERHUB_VERSION"
    )
    values = render_binderhub_values(settings, names, context.results.registry.get())
    context.results.values.set(values)
    await _write_values(context)
    releases = Releases(context.helm, context.results.cluster.get(), report)
    wanted = WantedRelease(names.release, names.namespace, chart, values.merged())
    return await releases.ensure(wanted, context.results.release_before.get())


async def _write_values(context: Context) -> None:
    """Put the values into the outputs before they are tried, so that a failed run leaves them too."""
    values = context.results.values.get()
    await context.outputs.write("values.yaml", yaml.safe_dump(values.public, sort_keys=False))
    await context.outputs.write("secret-values.yaml", yaml.safe_dump(values.secret, sort_keys=False))
