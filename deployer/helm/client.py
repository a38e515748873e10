"""Runs the helm program, through pyhelm3: finds, installs, repairs and removes releases."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyhelm3
from pyhelm3.errors import ChartNotFoundError, Error, InvalidResourceError, ReleaseNotFoundError

from deployer.errors import HelmError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

# A first install pulls every image to new nodes. Seconds.
INSTALL_TIMEOUT_SECONDS = 900

# The message of helm about an artifact that a registry does not have.
MISSING_ARTIFACT = re.compile(r"(?:manifests/|oci://)\S+: not found|unable to locate any tags")

# The version setting of the one chart that HELM_VALUES are for.
TAKES_HELM_VALUES = "BINDERHUB_VERSION"

DEPLOYED = "deployed"
FAILED = "failed"


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


@dataclass(frozen=True)
class ReleaseState:
    """A release in the cluster.

    Attributes:
        status: as helm names it: deployed, failed, pending-install, …
        revision: number of the newest revision; each install or upgrade adds one.
        chart: name and version, as in `binderhub-1.0.0`.
        values: the values it was installed with; they hold secrets.
        resources: the objects of its manifest.

    """

    status: str
    revision: int
    chart: str
    values: Mapping[str, Any]
    resources: Sequence[Mapping[str, Any]]

    def matches(self, chart: ChartSource, values: Mapping[str, Any]) -> bool:
        """Return whether the release is deployed with this chart and these values."""
        wanted = f"{chart.name}-{chart.version}"
        return self.status == DEPLOYED and self.chart == wanted and self.values == values


class Helm:
    """The helm program, for one cluster.

    Args:
        executable: the helm program.
        kubeconfig: file with the address and credentials of the cluster.

    """

    def __init__(self, executable: Path, kubeconfig: Path) -> None:
        self._client = pyhelm3.Client(
            executable=str(executable),
            kubeconfig=kubeconfig,
            default_timeout=f"{INSTALL_TIMEOUT_SECONDS}s",
        )

    async def find(self, release: str, namespace: str) -> ReleaseState | None:
        """Return the newest revision of a release, None where there is no such release."""
        try:
            revision = await self._client.get_current_revision(release, namespace=namespace)
            metadata = await revision.chart_metadata()
            return ReleaseState(
                status=revision.status.value,
                revision=revision.revision,
                chart=f"{metadata.name}-{metadata.version}",
                values=await revision.values() or {},
                resources=[resource for resource in await revision.resources() if resource],
            )
        except ReleaseNotFoundError:
            return None
        except Error as error:
            raise _helm_error(f"Helm could not read the release {release}", error) from None

    async def clear_the_way(self, release: str, namespace: str) -> ReleaseState | None:
        """Recover a release that a killed run left pending, and return its state afterwards.

        A first install is uninstalled, an upgrade is rolled back to the previous revision.
        """
        try:
            await self._client.get_proceedable_revision(release, namespace=namespace)
        except Error as error:
            raise _helm_error(f"Helm could not recover the release {release}", error) from None
        return await self.find(release, namespace)

    async def install(
        self,
        release: str,
        namespace: str,
        chart: ChartSource,
        values: Mapping[str, Any],
        *,
        roll_back: bool,
    ) -> int:
        """Install or upgrade a release and wait until its objects are ready.

        Args:
            release: name of the release.
            namespace: of the release; created when missing.
            chart: to install.
            values: all values; passed on standard input, never as arguments.
            roll_back: whether a failed upgrade returns to the previous revision; a first install is left as
                it is, because its objects show the reason.

        Returns:
            The number of the new revision.

        Raises:
            HelmError: the chart cannot be fetched or rendered, or its objects do not become ready.

        """
        try:
            found = await self._find_chart(chart)
            revision = await self._client.install_or_upgrade_release(
                release,
                found,
                dict(values),
                namespace=namespace,
                create_namespace=True,
                reset_values=True,
                # Helm never removes what it takes from a chart's folder crds/. The charts used here have
                # their definitions among the templates.
                skip_crds=True,
                rollback_on_failure=roll_back,
                wait=True,
            )
        except Error as error:
            raise _helm_error(
                f"Helm could not install {chart.name} {chart.version}", error, chart.setting
            ) from None
        return int(revision.revision)

    async def uninstall(self, release: str, namespace: str) -> None:
        """Remove a release in any state, and wait until its objects are gone."""
        try:
            await self._client.uninstall_release(release, namespace=namespace, wait=True)
        except Error as error:
            raise _helm_error(f"Helm could not remove the release {release}", error) from None

    async def _find_chart(self, chart: ChartSource) -> pyhelm3.Chart:
        if chart.in_registry:
            return await self._client.get_chart(f"{chart.repository}/{chart.name}", version=chart.version)
        return await self._client.get_chart(chart.name, repo=chart.repository, version=chart.version)


def _helm_error(what: str, error: Error, setting: str | None = None) -> HelmError:
    words = _error_line(error.stderr.decode(errors="replace"))
    message = f"{what}: {words}"
    if isinstance(error, ChartNotFoundError) or MISSING_ARTIFACT.search(words):
        return HelmError(
            message,
            cause="The chart repository has no such version.",
            suggestion=f"Leave {setting} unset for the version that is known to work." if setting else None,
        )
    if "values don't meet the specifications" in words:
        own = setting == TAKES_HELM_VALUES
        return HelmError(
            message,
            cause=f"The schema of the chart refuses a key in {'HELM_VALUES' if own else 'our values'}.",
            suggestion="Correct the named keys in HELM_VALUES."
            if own
            else f"Leave {setting} unset for the version that is known to work.",
        )
    if isinstance(error, InvalidResourceError):
        return HelmError(
            message,
            cause="The cluster refuses an object of the chart with these values.",
            suggestion="Correct HELM_VALUES if they set that object; else leave the chart version unset.",
        )
    return HelmError(message, retryable=True)


def _error_line(stderr: str) -> str:
    """Return the error of helm as one line, without log lines and warnings."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    errors = [line for line in lines if re.match(r"(?i)error:", line)]
    start = lines.index(errors[-1]) if errors else 0
    return " ".join(lines[start:]).removeprefix("Error: ") or "no reason given"
