"""Installs Traefik, which receives the requests of visitors at the public addresses of the hub."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.helm.charts import traefik_chart
from deployer.helm.client import WantedRelease
from deployer.helm.releases import Releases
from deployer.helm.values import render_traefik_values
from deployer.kubernetes.namespaces import ensure_own_namespace
from deployer.kubernetes.network_policies import render_network_policies
from deployer.kubernetes.objects import ensure_object
from deployer.names import INGRESS
from deployer.run.workflow import Step

if TYPE_CHECKING:
    from deployer.names import HubNames
    from deployer.progress.report import StepReport
    from deployer.run.context import Context
    from deployer.settings import Settings


def ingress_step(settings: Settings) -> Step[Context]:
    """Declare the step."""

    def creates(names: HubNames) -> tuple[str, ...]:
        return (f"Helm release {INGRESS}", *(f"public address {host}" for host in names.address_hosts))

    title = f"Install Traefik (chart {traefik_chart(settings).version})"
    return Step("ingress", title, ensure_ingress, creates=creates)


async def ensure_ingress(context: Context, report: StepReport) -> str:
    """Install or upgrade the release of Traefik."""
    access = context.results.cluster.get()
    api = await access.api()
    await ensure_own_namespace(api, INGRESS, report)
    for policy in render_network_policies(INGRESS, context.settings, context.names):
        await ensure_object(api, policy)
    chart = traefik_chart(context.settings)
    values = render_traefik_values(context.settings, context.names)
    releases = Releases(context.helm, access, report)
    package = context.results.charts.get()[chart.name]
    wanted = WantedRelease(INGRESS, INGRESS, chart, package, values)
    return await releases.ensure(wanted, await releases.find(INGRESS, INGRESS))
