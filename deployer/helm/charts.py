"""The charts of a deployment: where they come from, and how they are fetched, once, as packages."""

from __future__ import annotations

import gzip
import io
import tarfile
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import yaml

from deployer.errors import HelmError
from deployer.helm.failures import explained, repeated
from deployer.helm.process import HelmProcess

if TYPE_CHECKING:
    from deployer.settings import Settings

TRAEFIK_REPOSITORY = "oci://ghcr.io/traefik/helm"
CERT_MANAGER_REPOSITORY = "oci://quay.io/jetstack/charts"


@dataclass(frozen=True)
class ChartSource:
    """One version of a chart in a repository.

    Attributes:
        name: of the chart.
        repository: URL of a chart repository, or of a folder in a registry (`oci://…`).
        version: exactly as the chart has it.
        setting: the setting for the version.

    """

    name: str
    repository: str
    version: str
    setting: str

    @property
    def in_registry(self) -> bool:
        """Whether the chart is an artifact of a container registry (OCI)."""
        return self.repository.startswith("oci://")

    @property
    def pull_arguments(self) -> tuple[str, ...]:
        """The arguments of `helm pull` that name the chart in its repository."""
        if self.in_registry:
            return (f"{self.repository}/{self.name}", "--version", self.version)
        return (self.name, "--repo", self.repository, "--version", self.version)


class DamagedPackageError(ValueError):
    """A package is cut off, or is no chart."""


def binderhub_chart(settings: Settings) -> ChartSource:
    """Return the source of the chart of BinderHub, which contains that of JupyterHub."""
    repository, version = settings.binderhub_chart_repository, settings.binderhub_version
    return ChartSource("binderhub", repository, version, "BINDERHUB_VERSION")


def traefik_chart(settings: Settings) -> ChartSource:
    """Return the source of the chart of Traefik."""
    # The versions of this chart have no leading v, which many people write.
    version = settings.traefik_version.removeprefix("v")
    return ChartSource("traefik", TRAEFIK_REPOSITORY, version, "TRAEFIK_VERSION")


def cert_manager_chart(settings: Settings) -> ChartSource:
    """Return the source of the chart of cert-manager."""
    # The versions of this chart have a leading v, which many people leave out.
    version = f"v{settings.certmanager_version.removeprefix('v')}"
    return ChartSource("cert-manager", CERT_MANAGER_REPOSITORY, version, "CERTMANAGER_VERSION")


async def fetch_chart(helm: Path, source: ChartSource, directory: Path) -> Path:
    """Fetch a chart as a package and check that it is whole and the wanted one.

    What can pass by itself (an unreachable repository, a package that is cut off) is tried again within
    `deployer.helm.failures.RETRY_LIMIT`; each try is bounded by `deployer.helm.process.READ_LIMIT`.

    Args:
        helm: the helm program.
        source: of the chart.
        directory: where the package is put.

    Returns:
        Path of the package, which helm can render and install.

    Raises:
        HelmError: the chart cannot be fetched, or is another one than the wanted.

    """
    process = HelmProcess(helm, directory)

    async def fetch() -> Path:
        with TemporaryDirectory(dir=directory) as unfinished:
            await process.run(("pull", *source.pull_arguments, "--destination", unfinished))
            return _checked(Path(unfinished), source, directory)

    return await explained(
        f"Helm could not fetch {source.name} {source.version}", repeated(fetch), source.setting
    )


def _checked(fetched: Path, source: ChartSource, directory: Path) -> Path:
    """Move the one package from the directory `fetched`, after a check of its content."""
    (package,) = fetched.iterdir()
    metadata = _metadata(package, source.name)
    found = (metadata.get("name"), metadata.get("version"))
    if found != (source.name, source.version):
        raise HelmError(
            f"The chart repository {source.repository} has returned {found[0]} {found[1]} instead of "
            f"{source.name} {source.version}.",
            suggestion=f"Set {source.setting} to the exact version of a chart, or leave it unset.",
        )
    return package.replace(directory / package.name)


def _metadata(package: Path, chart: str) -> dict[str, Any]:
    """Return the content of Chart.yaml.

    Raises:
        DamagedPackageError: the package is not whole.

    """
    try:
        # The whole stream first: its checksum is at its end.
        content = gzip.decompress(package.read_bytes())
        with tarfile.open(fileobj=io.BytesIO(content)) as archive:
            member = archive.extractfile(f"{chart}/Chart.yaml")
            metadata = yaml.safe_load(member.read()) if member else None
    except (OSError, EOFError, KeyError, tarfile.TarError, yaml.YAMLError) as error:
        raise DamagedPackageError(str(error)) from None
    if not isinstance(metadata, dict):
        raise DamagedPackageError(f"{package.name} has no Chart.yaml")
    return metadata
