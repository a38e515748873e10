"""The chart repositories that helm asks: our own charts, packed on the spot, or the packages of a directory.

Nothing has to be built or downloaded before a sandbox can install a release, and `--charts DIR` tries other
charts (the official ones, say) under the same addresses.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from sandbox.internet.charts.oci_registry import ChartArtifacts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.requests import Request
    from starlette.types import ASGIApp

OWN_CHARTS = Path(__file__).resolve().parents[2] / "charts"
# What an index has to say of the time of packing; ours is packed anew each time, always the same.
PACKED_AT = "2026-01-01T00:00:00Z"
# Charts that are handed out as OCI artifacts: by the chart's name, the registry and the repository there.
OCI_REPOSITORIES = {
    "traefik": ("ghcr.io", "traefik/helm/traefik"),
    "cert-manager": ("quay.io", "jetstack/charts/cert-manager"),
}


class ChartsError(Exception):
    """A directory that was named for its charts holds none, or something that is no chart."""


@dataclass(frozen=True)
class PackagedChart:
    """A chart as a repository hands it out.

    Attributes:
        metadata: its Chart.yaml.
        archive: the gzipped tar.

    """

    metadata: Mapping[str, Any]
    archive: bytes

    @property
    def name(self) -> str:
        """Name of the chart, which several versions share."""
        return str(self.metadata["name"])

    @property
    def file_name(self) -> str:
        """Name of the archive, as helm writes it."""
        return f"{self.metadata['name']}-{self.metadata['version']}.tgz"

    @property
    def digest(self) -> str:
        """SHA-256 of the archive, in hexadecimal."""
        return hashlib.sha256(self.archive).hexdigest()


def chart_hosts(directory: Path | None = None) -> dict[str, ASGIApp]:
    """Return the application for each host that charts come from: a classic repository, and OCI registries.

    Args:
        directory: where packaged charts (`*.tgz`) are; None for our own.

    Raises:
        ChartsError: there are none, or one can't be read.

    """
    charts = own_charts() if directory is None else packaged_charts(directory)
    indexed = [chart for chart in charts if chart.name not in OCI_REPOSITORIES]
    return {
        "hub.jupyter.org": http_repository(indexed, "/helm-chart"),
        **{
            host: ChartArtifacts(repository, [chart for chart in charts if chart.name == name]).app
            for name, (host, repository) in OCI_REPOSITORIES.items()
        },
    }


def own_charts() -> tuple[PackagedChart, ...]:
    """Pack each chart below `sandbox/charts`."""
    return tuple(pack(chart.parent) for chart in sorted(OWN_CHARTS.glob("*/Chart.yaml")))


def packaged_charts(directory: Path) -> tuple[PackagedChart, ...]:
    """Read each archive in a directory.

    Raises:
        ChartsError: there are none, or one is no chart.

    """
    archives = sorted(directory.glob("*.tgz"))
    if not archives:
        raise ChartsError(f"{directory} holds no packaged chart (*.tgz).")
    return tuple(PackagedChart(_metadata_of(archive), archive.read_bytes()) for archive in archives)


def pack(chart: Path) -> PackagedChart:
    """Pack a chart's directory; the same files make the same bytes."""
    metadata = yaml.safe_load((chart / "Chart.yaml").read_text())
    tar_file = io.BytesIO()
    with tarfile.open(fileobj=tar_file, mode="w") as tar:
        for path in sorted(chart.rglob("*")):
            if path.is_file():
                member = tarfile.TarInfo(f"{metadata['name']}/{path.relative_to(chart).as_posix()}")
                member.size = path.stat().st_size
                tar.addfile(member, io.BytesIO(path.read_bytes()))
    return PackagedChart(metadata, gzip.compress(tar_file.getvalue(), mtime=0))


def http_repository(charts: Sequence[PackagedChart], path: str) -> Starlette:
    """Serve charts as a classic repository: an index, and archives beside it."""
    index = yaml.safe_dump(_index(charts))
    archives = {chart.file_name: chart.archive for chart in charts}

    async def get_index(_: Request) -> Response:
        return Response(index, media_type="text/yaml")

    async def get_archive(request: Request) -> Response:
        archive = archives.get(request.path_params["file_name"])
        if archive is None:
            return Response("No such chart in the sandbox.\n", status_code=404, media_type="text/plain")
        return Response(archive, media_type="application/gzip")

    return Starlette(
        routes=[Route(f"{path}/index.yaml", get_index), Route(f"{path}/{{file_name}}", get_archive)]
    )


def _index(charts: Sequence[PackagedChart]) -> dict[str, Any]:
    entries: dict[str, list[dict[str, Any]]] = {}
    for chart in charts:
        place = {"created": PACKED_AT, "digest": chart.digest, "urls": [chart.file_name]}
        entries.setdefault(chart.metadata["name"], []).append({**chart.metadata, **place})
    return {"apiVersion": "v1", "generated": PACKED_AT, "entries": entries}


def _metadata_of(archive: Path) -> dict[str, Any]:
    """Return the Chart.yaml at the top of an archive, not one of a dependency's."""
    try:
        with tarfile.open(archive) as tar:
            for member in tar:
                if member.name.endswith("/Chart.yaml") and member.name.count("/") == 1:
                    file = tar.extractfile(member)
                    return dict(yaml.safe_load(file)) if file else {}
    except (tarfile.TarError, OSError, EOFError, yaml.YAMLError, TypeError) as error:
        raise ChartsError(f"{archive} can't be read as a chart: {error}") from None
    raise ChartsError(f"{archive} holds no Chart.yaml.")
