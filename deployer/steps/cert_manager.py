"""Installs cert-manager, which obtains the certificate of the hub and renews it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.helm.client import ChartSource
from deployer.helm.releases import Releases, WantedRelease
from deployer.helm.values import render_cert_manager_values
from deployer.kubernetes.namespaces import ensure_own_namespace
from deployer.names import CERT_MANAGER
from deployer.run.workflow import Step

if TYPE_CHECKING:
    from deployer.progress.report import StepReport
    from deployer.run.context import Context
    from deployer.settings import Settings

CHART, REPOSITORY = "cert-manager", "oci://quay.io/jetstack/charts"


def cert_manager_step(settings: Settings) -> Step[Context]:
    """Declare the step."""
    return Step(
        "cert-manager",
        f"Install cert-manager (chart {_version(settings)})",
        ensure_cert_manager,
        creates=lambda _names: (f"Helm release {CERT_MANAGER}",),
    )


async def ensure_cert_manager(context: Context, report: StepReport) -> str:
    """Install or upgrade the release of cert-manager, with its custom resource definitions."""
    access = context.results.cluster.get()
    await ensure_own_namespace(await access.api(), CERT_MANAGER, report)
    chart = ChartSource(CHART, REPOSITORY, _version(context.settings), "CERTMANAGER_VERSION")
    releases = Releases(context.helm, access, report)
    wanted = WantedRelease(CERT_MANAGER, CERT_MANAGER, chart, render_cert_manager_values())
    return await releases.ensure(wanted, await releases.find(CERT_MANAGER, CERT_MANAGER))


def _version(settings: Settings) -> str:
    # The versions of this chart have a leading v, which many people leave out.
    return f"v{settings.certmanager_version.removeprefix('v')}"
