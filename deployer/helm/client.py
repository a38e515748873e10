"""Runs the helm program, through pyhelm3: finds, installs, repairs and removes releases."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from pyhelm3.errors import ReleaseNotFoundError

from deployer.helm.failures import explained, repeated
from deployer.helm.manifests import STORED_RELEASE, lasting_hooks, objects_in
from deployer.helm.process import HelmProcess

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from pathlib import Path

    from deployer.helm.charts import ChartSource

T = TypeVar("T")

# A first install pulls every image to new nodes. Seconds.
INSTALL_LIMIT = 900

DEPLOYED = "deployed"
SUPERSEDED = "superseded"
FAILED = "failed"
UNINSTALLING = "uninstalling"
# Statuses that a killed run leaves; helm refuses to upgrade such a release.
PENDING_STATUSES = frozenset({"pending-install", "pending-upgrade", "pending-rollback", UNINSTALLING})


@dataclass(frozen=True)
class ReleaseState:
    """A release in the cluster.

    Attributes:
        status: as helm names it: deployed, failed, pending-install, …
        revision: number of the newest revision; each install or upgrade adds one.
        chart: name and version, as in `binderhub-1.0.0`.
        values: the values it was installed with; they hold secrets.
        resources: the objects of its manifest, and those of hooks that stay when these have run.

    """

    status: str
    revision: int
    chart: str
    values: Mapping[str, Any]
    resources: Sequence[Mapping[str, Any]]

    def matches(self, chart: ChartSource, values: Mapping[str, Any]) -> bool:
        """Return whether the release is deployed with this chart and these values."""
        return self.status == DEPLOYED and self.chart == chart.full_name and self.values == values


@dataclass(frozen=True)
class ListedRelease:
    """A release as a list shows it.

    Attributes:
        name: of the release.
        namespace: of the release.
        chart: name and version.
        revision: number of the newest revision.
        status: as helm names it.

    """

    name: str
    namespace: str
    chart: str
    revision: int
    status: str


@dataclass(frozen=True)
class WantedRelease:
    """A release as it should be.

    Attributes:
        name: of the release.
        namespace: of the release.
        chart: to install.
        package: of the chart, as `fetch_chart` returns it.
        values: all values, including secrets.

    """

    name: str
    namespace: str
    chart: ChartSource
    package: Path
    values: Mapping[str, Any]


class Helm:
    """The helm program, for one cluster.

    Args:
        executable: the helm program.
        kubeconfig: file with the address and credentials of the cluster.

    """

    def __init__(self, executable: Path, kubeconfig: Path) -> None:
        self._command = HelmProcess(executable, kubeconfig.parent, kubeconfig, INSTALL_LIMIT)

    async def find(self, release: str, namespace: str) -> ReleaseState | None:
        """Return the newest revision of a release, None where there is no such release.

        Raises:
            HelmError: the release cannot be read.

        """
        return await self._if_found(release, lambda: self._read(release, namespace))

    async def values(self, release: str, namespace: str) -> Mapping[str, Any] | None:
        """Return the values of the newest revision of a release, None where there is no such release.

        Raises:
            HelmError: the release cannot be read.

        """

        async def read() -> Mapping[str, Any]:
            return await self._command.get_values(release, namespace=namespace)

        return await self._if_found(release, read)

    async def _if_found(self, release: str, read: Callable[[], Awaitable[T]]) -> T | None:
        async def read_or_none() -> T | None:
            try:
                return await read()
            except ReleaseNotFoundError:
                return None

        return await explained(f"Helm could not read the release {release}", repeated(read_or_none))

    async def list(self) -> list[ListedRelease]:
        """Return the releases of all namespaces, whatever their status.

        Raises:
            HelmError: they cannot be listed.

        """

        async def read() -> list[ListedRelease]:
            listed = await self._command.list(
                all_namespaces=True,
                include_failed=True,
                include_pending=True,
                include_uninstalling=True,
            )
            return [
                ListedRelease(
                    each["name"], each["namespace"], each["chart"], int(each["revision"]), each["status"]
                )
                for each in listed
            ]

        return await explained("Helm could not list the releases", repeated(read))

    async def _read(self, release: str, namespace: str) -> ReleaseState:
        (stored,) = objects_in(await self._command.get_all(release, STORED_RELEASE, namespace))
        return ReleaseState(
            status=stored["status"],
            revision=stored["revision"],
            chart=stored["chart"],
            values=stored["values"],
            resources=[*objects_in(stored["manifest"]), *lasting_hooks(stored["hooks"] or ())],
        )

    async def clear_the_way(self, release: str, namespace: str) -> ReleaseState | None:
        """Recover a release that a killed run left pending, and return its state afterwards.

        A first install is uninstalled. An upgrade is rolled back to the revision that was ready last. Where
        none ever was, it is rolled back without waiting, and counts as failed whatever helm calls it.
        """
        ready = await explained(
            f"Helm could not recover the release {release}",
            repeated(lambda: self._recover(release, namespace)),
        )
        state = await self.find(release, namespace)
        return state if state is None or ready else replace(state, status=FAILED)

    async def _recover(self, release: str, namespace: str) -> bool:
        """Recover a release; return whether it is what was ready once."""
        *earlier, newest = await self._command.history(release, namespace=namespace)
        if newest["status"] not in PENDING_STATUSES:
            return True
        if not earlier or newest["status"] == UNINSTALLING:
            await self._uninstall(release, namespace)
            return True
        ready = _ready_last(earlier)
        target = (ready or earlier[-1])["revision"]
        was_ready = ready is not None
        await self._command.rollback(
            release, target, cleanup_on_fail=True, namespace=namespace, wait=was_ready
        )
        return was_ready

    async def install(self, wanted: WantedRelease, *, roll_back: bool) -> int:
        """Install or upgrade a release and wait until its objects are ready.

        Args:
            wanted: the release; its namespace is created when missing, and its values are passed on standard
                input, never as arguments.
            roll_back: whether a failed upgrade returns to the previous revision; a first install is left as
                it is, because its objects show the reason.

        Returns:
            The number of the new revision.

        Raises:
            HelmError: the chart cannot be rendered, or its objects do not become ready.

        """
        chart = wanted.chart
        what = f"Helm could not install {chart.name} {chart.version}"
        # Not repeated here: a failed attempt may have left a revision, which the caller has to look at first.
        installed: Any = await explained(
            what,
            self._command.install_or_upgrade(
                wanted.name,
                wanted.package,
                dict(wanted.values),
                namespace=wanted.namespace,
                create_namespace=True,
                reset_values=True,
                # Helm never removes what it takes from a chart's folder crds/. The charts used here have
                # their definitions among the templates.
                skip_crds=True,
                atomic=roll_back,
                wait=True,
            ),
            chart.setting,
        )
        return int(installed["version"])

    async def roll_back(self, release: str, namespace: str, revision: int) -> None:
        """Return a release to an earlier revision, and wait until its objects are ready.

        Raises:
            HelmError: it cannot be returned.

        """
        await explained(
            f"Helm could not return the release {release} to revision {revision}",
            self._command.rollback(release, revision, namespace=namespace, wait=True),
        )

    async def uninstall(self, release: str, namespace: str) -> None:
        """Remove a release in any state, if there is one, and wait until its objects are gone.

        Raises:
            HelmError: it cannot be removed.

        """
        await explained(
            f"Helm could not remove the release {release}",
            repeated(lambda: self._uninstall(release, namespace)),
        )

    async def _uninstall(self, release: str, namespace: str) -> None:
        # An earlier run, or an attempt whose answer was lost, may have removed it.
        with suppress(ReleaseNotFoundError):
            await self._command.uninstall(release, namespace=namespace, wait=True)


def _ready_last(revisions: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Return the revision that was ready last, None where none ever was.

    It need not be the newest: an interrupted rollback follows a failed upgrade. Nor need it be deployed: at
    the end of a rollback helm calls the revision that it returned to superseded before its own is deployed.

    Args:
        revisions: the oldest first, as `helm history` lists them.

    """
    ready = [
        revision
        for status in (SUPERSEDED, DEPLOYED)
        for revision in revisions
        if revision["status"] == status
    ]
    return ready[-1] if ready else None
