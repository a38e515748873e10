"""Traefik, which takes visitors in at the hub's public addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.helm import ChartSource
from deployer.names import INGRESS
from deployer.own_namespaces import ensure_own_namespace
from deployer.releases import Releases, WantedRelease
from deployer.values import render_traefik_values

if TYPE_CHECKING:
    from deployer.context import Context
    from deployer.workflow import StepReport

CHART, REPOSITORY = "traefik", "oci://ghcr.io/traefik/helm"


async def ensure_ingress(context: Context, report: StepReport) -> str:
    """Make sure of Traefik's release."""
    access = context.results.cluster.get()
    await ensure_own_namespace(await access.api(), INGRESS, report)
    # Its versions are written without the v that many people write.
    version = context.settings.traefik_version.removeprefix("v")
    chart = ChartSource(CHART, REPOSITORY, version, "TRAEFIK_VERSION")
    values = render_traefik_values(context.settings, context.names)
    releases = Releases(context.helm, access, report)
    wanted = WantedRelease(INGRESS, INGRESS, chart, values)
    return await releases.ensure(wanted, await releases.find(INGRESS, INGRESS))
