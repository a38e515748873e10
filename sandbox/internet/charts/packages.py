"""Helm charts as packages: the sandbox's own, packed when it starts, or the archives of a directory.

Nothing has to be built or downloaded before a sandbox can install a release, and `--charts DIR` tries other
charts (the official ones, say).
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

if TYPE_CHECKING:
    from collections.abc import Mapping

OWN_CHARTS = Path(__file__).resolve().parents[2] / "charts"


class ChartsError(Exception):
    """A directory of packaged charts is empty, or holds an archive that is no chart."""


@dataclass(frozen=True)
class PackagedChart:
    """A packaged chart.

    Attributes:
        metadata: what its Chart.yaml says.
        archive: the gzipped tar.

    """

    metadata: Mapping[str, Any]
    archive: bytes

    @property
    def name(self) -> str:
        """The name of the chart."""
        return str(self.metadata["name"])

    @property
    def file_name(self) -> str:
        """The file name of the archive, as `helm package` writes it."""
        return f"{self.full_name}.tgz"

    @property
    def full_name(self) -> str:
        """Name and version, as helm writes them."""
        return f"{self.metadata['name']}-{self.metadata['version']}"

    @property
    def digest(self) -> str:
        """SHA-256 of the archive, in hexadecimal."""
        return hashlib.sha256(self.archive).hexdigest()


def own_charts() -> tuple[PackagedChart, ...]:
    """Return the charts of `sandbox/charts`, packed."""
    return tuple(pack(chart.parent) for chart in sorted(OWN_CHARTS.glob("*/Chart.yaml")))


def packaged_charts(directory: Path) -> tuple[PackagedChart, ...]:
    """Return the charts of a directory, one for each archive.

    Raises:
        ChartsError: there are none, or one is no chart.

    """
    archives = sorted(directory.glob("*.tgz"))
    if not archives:
        raise ChartsError(f"{directory} holds no packaged chart (*.tgz).")
    return tuple(PackagedChart(_metadata_of(archive), archive.read_bytes()) for archive in archives)


def pack(chart: Path) -> PackagedChart:
    """Return a chart directory as a package. The same files give the same bytes."""
    metadata = yaml.safe_load((chart / "Chart.yaml").read_text())
    tar_file = io.BytesIO()
    with tarfile.open(fileobj=tar_file, mode="w") as tar:
        for path in sorted(chart.rglob("*")):
            if path.is_file():
                member = tarfile.TarInfo(f"{metadata['name']}/{path.relative_to(chart).as_posix()}")
                member.size = path.stat().st_size
                tar.addfile(member, io.BytesIO(path.read_bytes()))
    return PackagedChart(metadata, gzip.compress(tar_file.getvalue(), mtime=0))


def _metadata_of(archive: Path) -> dict[str, Any]:
    """Return the Chart.yaml at the top of an archive; those of dependencies lie deeper."""
    try:
        with tarfile.open(archive) as tar:
            for member in tar:
                if member.name.endswith("/Chart.yaml") and member.name.count("/") == 1:
                    file = tar.extractfile(member)
                    return dict(yaml.safe_load(file)) if file else {}
    except (tarfile.TarError, OSError, EOFError, yaml.YAMLError, TypeError) as error:
        raise ChartsError(f"{archive} can't be read as a chart: {error}") from None
    raise ChartsError(f"{archive} holds no Chart.yaml.")
