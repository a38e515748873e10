"""cert-manager, which fetches the hub's certificate and renews it for as long as the hub lives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.helm import ChartSource
from deployer.names import CERT_MANAGER
from deployer.own_namespaces import ensure_own_namespace
from deployer.releases import Releases, WantedRelease
from deployer.values import render_cert_manager_values

if TYPE_CHECKING:
    from deployer.context import Context
    from deployer.workflow import StepReport

CHART, REPOSITORY = "cert-manager", "oci://quay.io/jetstack/charts"


async def ensure_cert_manager(context: Context, report: StepReport) -> str:
    """Make sure of cert-manager's release, its kinds of objects included."""
    access = context.results.cluster.get()
    await ensure_own_namespace(await access.api(), CERT_MANAGER, report)
    # Its versions begin with a v, which many people leave out.
    version = f"v{context.settings.certmanager_version.removeprefix('v')}"
    chart = ChartSource(CHART, REPOSITORY, version, "CERTMANAGER_VERSION")
    releases = Releases(context.helm, access, report)
    wanted = WantedRelease(CERT_MANAGER, CERT_MANAGER, chart, render_cert_manager_values())
    return await releases.ensure(wanted, await releases.find(CERT_MANAGER, CERT_MANAGER))
