"""The hosts that Helm fetches charts from, and the charts that each of them has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.internet.charts.http_repository import http_repository
from sandbox.internet.charts.oci_registry import ChartRegistry
from sandbox.internet.charts.packages import own_charts, pack, packaged_charts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from starlette.types import ASGIApp

    from sandbox.internet.charts.packages import PackagedChart

# Charts that are published as OCI artifacts: chart name -> (registry, repository).
OCI_REPOSITORIES = {
    "traefik": ("ghcr.io", "traefik/helm/traefik"),
    "cert-manager": ("quay.io", "jetstack/charts/cert-manager"),
}


def available_charts(
    directory: Path | None = None, cert_manager: Path | None = None
) -> tuple[PackagedChart, ...]:
    """Return the charts that are served.

    Args:
        directory: where packaged charts (`*.tgz`) are; None for the sandbox's own.
        cert_manager: folder of cert-manager's official chart, which is served beside the sandbox's own.

    Raises:
        ChartsError: there are none, or one can't be read.

    """
    if directory is not None:
        return packaged_charts(directory)
    return (*own_charts(), *((pack(cert_manager),) if cert_manager is not None else ()))


def chart_hosts(charts: Sequence[PackagedChart]) -> dict[str, ASGIApp]:
    """Return the application of each host that charts come from: a classic repository, and OCI registries."""
    indexed = [chart for chart in charts if chart.name not in OCI_REPOSITORIES]
    return {
        "hub.jupyter.org": http_repository(indexed, "/helm-chart"),
        **{
            host: ChartRegistry(repository, [chart for chart in charts if chart.name == name]).app
            for name, (host, repository) in OCI_REPOSITORIES.items()
        },
    }


def chart_digests(charts: Sequence[PackagedChart]) -> str:
    """Return the setting CHART_DIGESTS for charts that are packaged here.

    The deployer knows the archives of the projects, and packaging a chart again makes other bytes of it. A
    site that packages charts itself sets the same.
    """
    return ",".join(f"{chart.full_name}=sha256:{chart.digest}" for chart in charts)
