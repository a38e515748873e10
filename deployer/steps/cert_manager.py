"""Installs cert-manager, which obtains the certificate of the hub and renews it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.helm.charts import cert_manager_chart
from deployer.helm.client import WantedRelease
from deployer.helm.releases import Releases
from deployer.helm.values import render_cert_manager_values
from deployer.kubernetes.namespaces import ensure_own_namespace
from deployer.kubernetes.network_policies import render_network_policies
from deployer.kubernetes.objects import ensure_object
from deployer.names import CERT_MANAGER
from deployer.run.workflow import Step

if TYPE_CHECKING:
    from deployer.progress.report import StepReport
    from deployer.run.context import Context
    from deployer.settings import Settings


def cert_manager_step(settings: Settings) -> Step[Context]:
    """Declare the step."""
    return Step(
        "cert-manager",
        f"Install cert-manager (chart {cert_manager_chart(settings).version})",
        ensure_cert_manager,
        creates=lambda _names: (f"Helm release {CERT_MANAGER}",),
    )


async def ensure_cert_manager(context: Context, report: StepReport) -> str:
    """Install or upgrade the release of cert-manager, with its custom resource definitions."""
    access = context.results.cluster.get()
    api = await access.api()
    await ensure_own_namespace(api, CERT_MANAGER, report)
    for policy in render_network_policies(CERT_MANAGER, context.settings, context.names):
        await ensure_object(api, policy)
    chart = cert_manager_chart(context.settings)
    releases = Releases(context.helm, access, report)
    package = context.results.charts.get()[chart.name]
    wanted = WantedRelease(CERT_MANAGER, CERT_MANAGER, chart, package, render_cert_manager_values())
    return await releases.ensure(wanted, await releases.find(CERT_MANAGER, CERT_MANAGER))
