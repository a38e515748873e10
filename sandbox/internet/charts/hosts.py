"""The hosts that Helm fetches charts from, and the charts that each of them has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.internet.charts.http_repository import http_repository
from sandbox.internet.charts.oci_registry import ChartRegistry
from sandbox.internet.charts.packages import own_charts, pack, packaged_charts

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.types import ASGIApp

# Charts that are published as OCI artifacts: chart name -> (registry, repository).
OCI_REPOSITORIES = {
    "traefik": ("ghcr.io", "traefik/helm/traefik"),
    "cert-manager": ("quay.io", "jetstack/charts/cert-manager"),
}


def chart_hosts(directory: Path | None = None, cert_manager: Path | None = None) -> dict[str, ASGIApp]:
    """Return the application of each host that charts come from: a classic repository, and OCI registries.

    Args:
        directory: where packaged charts (`*.tgz`) are; None for the sandbox's own.
        cert_manager: folder of cert-manager's official chart, which is served beside the sandbox's own.

    Raises:
        ChartsError: there are none, or one can't be read.

    """
    charts = own_charts() if directory is None else packaged_charts(directory)
    if directory is None and cert_manager is not None:
        charts = (*charts, pack(cert_manager))
    indexed = [chart for chart in charts if chart.name not in OCI_REPOSITORIES]
    return {
        "hub.jupyter.org": http_repository(indexed, "/helm-chart"),
        **{
            host: ChartRegistry(repository, [chart for chart in charts if chart.name == name]).app
            for name, (host, repository) in OCI_REPOSITORIES.items()
        },
    }
