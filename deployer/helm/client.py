"""Runs the helm program, through pyhelm3: finds, installs, repairs and removes releases."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import pyhelm3
import yaml
from pyhelm3.errors import ChartNotFoundError, Error, InvalidResourceError, ReleaseNotFoundError

from deployer.errors import HelmError
from deployer.helm.process import HelmProcess
from deployer.waiting import repeating

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from pathlib import Path

T = TypeVar("T")

# A first install pulls every image to new nodes. Seconds.
INSTALL_LIMIT = 900
# For one command that can be repeated at once, including its repetitions. Seconds.
RETRY_LIMIT = 90.0

# What helm and the Go libraries below it report about failures of the network, the API server or a registry
# that pass by themselves. Without "timed out waiting" and "context deadline exceeded": then objects were not
# ready in time.
PASSING = re.compile(
    r"connection (?:reset|refused)|broken pipe|\bEOF\b|TLS handshake timeout|i/o timeout|http2: "
    r"|no such host|server misbehaving|server is currently unable|an error on the server|etcdserver"
    r"|unable to return a response|unexpected end of JSON|invalid character|malformed HTTP|checksum"
    r"|too many requests|internal server error|service unavailable|bad gateway|gateway time-?out"
    r"|status(?: code)?:? (?:429|5\d\d)",
    re.IGNORECASE,
)

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
        command = HelmProcess(executable, kubeconfig, INSTALL_LIMIT)
        self._client = pyhelm3.Client(command, executable=str(executable))

    async def find(self, release: str, namespace: str) -> ReleaseState | None:
        """Return the newest revision of a release, None where there is no such release.

        Raises:
            HelmError: the release cannot be read.

        """

        async def read() -> ReleaseState | None:
            try:
                return await self._read(release, namespace)
            except ReleaseNotFoundError:
                return None

        return await _explained(f"Helm could not read the release {release}", _repeated(read))

    async def _read(self, release: str, namespace: str) -> ReleaseState:
        revision = await self._client.get_current_revision(release, namespace=namespace)
        metadata = await revision.chart_metadata()
        return ReleaseState(
            status=revision.status.value,
            revision=revision.revision,
            chart=f"{metadata.name}-{metadata.version}",
            values=await revision.values() or {},
            resources=[resource for resource in await revision.resources() if resource],
        )

    async def clear_the_way(self, release: str, namespace: str) -> ReleaseState | None:
        """Recover a release that a killed run left pending, and return its state afterwards.

        A first install is uninstalled, an upgrade is rolled back to the previous revision.
        """
        await _explained(
            f"Helm could not recover the release {release}",
            _repeated(lambda: self._client.get_proceedable_revision(release, namespace=namespace)),
        )
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
        what = f"Helm could not install {chart.name} {chart.version}"
        found = await _explained(what, _repeated(lambda: self._find_chart(chart)), chart.setting)
        # Not repeated here: a failed attempt may have left a revision, which the caller has to look at first.
        revision = await _explained(
            what,
            self._client.install_or_upgrade_release(
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
            ),
            chart.setting,
        )
        return int(revision.revision)

    async def uninstall(self, release: str, namespace: str) -> None:
        """Remove a release in any state, and wait until its objects are gone."""
        await _explained(
            f"Helm could not remove the release {release}",
            _repeated(lambda: self._client.uninstall_release(release, namespace=namespace, wait=True)),
        )

    async def _find_chart(self, chart: ChartSource) -> pyhelm3.Chart:
        if chart.in_registry:
            return await self._client.get_chart(f"{chart.repository}/{chart.name}", version=chart.version)
        return await self._client.get_chart(chart.name, repo=chart.repository, version=chart.version)


async def _repeated(command: Callable[[], Awaitable[T]]) -> T:
    """Await `command()`, again while its failure can pass by itself."""

    async def attempt() -> T:
        return await command()  # tenacity only awaits coroutine functions

    return await repeating(_can_pass, "helm is not answered", limit=RETRY_LIMIT)(attempt)


def _can_pass(error: BaseException) -> bool:
    if isinstance(error, Error):
        return PASSING.search(error.stderr.decode(errors="replace")) is not None
    # A command that was killed at its limit, or printed half a document: the API server stopped answering it.
    return isinstance(error, TimeoutError | ValueError | yaml.YAMLError)


async def _explained(what: str, command: Awaitable[T], setting: str | None = None) -> T:
    """Await a command.

    Raises:
        HelmError: it failed.

    """
    try:
        return await command
    except Error as error:
        raise _helm_error(what, error, setting) from None
    except TimeoutError:
        raise HelmError(
            f"{what}: helm did not end in time and was stopped.",
            cause="The API of the cluster or a chart repository accepts connections but does not answer.",
            retryable=True,
            passing=True,
        ) from None
    except (ValueError, yaml.YAMLError):
        raise HelmError(f"{what}: its answer was cut off.", retryable=True, passing=True) from None


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
    return HelmError(message, retryable=True, passing=_can_pass(error))


def _error_line(stderr: str) -> str:
    """Return the error of helm as one line, without log lines and warnings."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    errors = [line for line in lines if re.match(r"(?i)error:", line)]
    start = lines.index(errors[-1]) if errors else 0
    return " ".join(lines[start:]).removeprefix("Error: ") or "no reason given"
