"""The charts of a deployment: where they come from, and how they are fetched, once, as packages."""

from __future__ import annotations

import gzip
import hashlib
import io
import re
import tarfile
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import yaml

from deployer.errors import HelmError
from deployer.helm.failures import explained, repeated
from deployer.helm.process import HelmProcess
from deployer.settings.charts import binderhub, cert_manager, traefik

if TYPE_CHECKING:
    from deployer.settings import Settings
    from deployer.settings.charts import WantedChart

TRAEFIK_REPOSITORY = "oci://ghcr.io/traefik/helm"
CERT_MANAGER_REPOSITORY = "oci://quay.io/jetstack/charts"

_ARTIFACT_DIGEST = re.compile(r"^Digest: (sha256:[0-9a-f]{64})$", re.MULTILINE)


@dataclass(frozen=True)
class ChartSource:
    """One version of a chart in a repository.

    Attributes:
        chart: what is wanted.
        repository: URL of a chart repository, or of a folder in a registry (`oci://…`).

    """

    chart: WantedChart
    repository: str

    @property
    def name(self) -> str:
        """The name of the chart."""
        return self.chart.name

    @property
    def version(self) -> str:
        """The version, exactly as the chart has it."""
        return self.chart.version

    @property
    def full_name(self) -> str:
        """Name and version, as helm writes them."""
        return self.chart.full_name

    @property
    def setting(self) -> str:
        """The setting for the version."""
        return self.chart.setting

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
    return ChartSource(binderhub(settings), settings.binderhub_chart_repository)


def traefik_chart(settings: Settings) -> ChartSource:
    """Return the source of the chart of Traefik."""
    return ChartSource(traefik(settings), TRAEFIK_REPOSITORY)


def cert_manager_chart(settings: Settings) -> ChartSource:
    """Return the source of the chart of cert-manager."""
    return ChartSource(cert_manager(settings), CERT_MANAGER_REPOSITORY)


async def fetch_chart(helm: Path, source: ChartSource, directory: Path) -> Path:
    """Fetch a chart as a package and check that it is whole, and has the wanted version and content.

    What can pass by itself (an unreachable repository, a package that is cut off) is tried again within
    `deployer.helm.failures.RETRY_LIMIT`; each try is bounded by `deployer.helm.process.READ_LIMIT`.

    Args:
        helm: the helm program.
        source: of the chart.
        directory: where the package is put.

    Returns:
        Path of the package, which helm can render and install.

    Raises:
        HelmError: the chart cannot be fetched, is another one than the wanted, or has another content.

    """
    process = HelmProcess(helm, directory)

    async def fetch() -> Path:
        with TemporaryDirectory(dir=directory) as unfinished:
            said = await process.run(("pull", *source.pull_arguments, "--destination", unfinished))
            return _checked(Path(unfinished), source, said.decode(errors="replace"), directory)

    return await explained(
        f"Helm could not fetch {source.name} {source.version}", repeated(fetch), source.setting
    )


def _checked(fetched: Path, source: ChartSource, said: str, directory: Path) -> Path:
    """Move the one package from the directory `fetched`, after a check of its version and content."""
    (package,) = fetched.iterdir()
    _check_version(package, source)
    _check_content(package, source, said)
    return package.replace(directory / package.name)


def _check_version(package: Path, source: ChartSource) -> None:
    metadata = _metadata(package, source.name)
    found = (metadata.get("name"), metadata.get("version"))
    if found != (source.name, source.version):
        raise HelmError(
            f"The chart repository {source.repository} has returned {found[0]} {found[1]} instead of "
            f"{source.name} {source.version}.",
            suggestion=f"Set {source.setting} to the exact version of a chart, or leave it unset.",
        )


def _check_content(package: Path, source: ChartSource, said: str) -> None:
    """Refuse a package of another content than the wanted one.

    Args:
        package: whole.
        source: of the chart.
        said: by helm when it fetched the package: the digest of an artifact of a registry, among others.

    """
    archive = f"sha256:{hashlib.sha256(package.read_bytes()).hexdigest()}"
    # Helm has verified that the artifact has this digest, and the archive the one that the artifact names.
    artifact = _ARTIFACT_DIGEST.findall(said)
    wanted, full_name = source.chart.digest, source.full_name
    if wanted is None or wanted in (archive, *artifact):
        return
    came = " as an artifact and ".join([*artifact, archive])
    raise HelmError(
        f"The content of the chart {full_name} is not what it has to be: its digest is {came}, not {wanted}.",
        cause=f"Somebody has replaced the chart in {source.repository}, or a proxy on the way changed it.",
        suggestion="Find out what happened before you install it. If your site packages charts itself, set "
        f"CHART_DIGESTS to {full_name}={archive}.",
    )


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
