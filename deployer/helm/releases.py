"""Installs or upgrades releases, and leaves those alone that are as wanted and complete."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from deployer.errors import HelmError, KubernetesError
from deployer.helm.client import DEPLOYED, Helm
from deployer.kubernetes.cluster import missing_objects, waiting_pods

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    from deployer.helm.charts import ChartSource
    from deployer.helm.client import ReleaseState
    from deployer.kubernetes.cluster import ClusterAccess
    from deployer.progress.report import StepReport

# Statuses that a killed run leaves; helm refuses to upgrade such a release.
PENDING_STATUSES = {"pending-install", "pending-upgrade", "pending-rollback", "uninstalling"}

# Seconds.
LOOK_EVERY = 10.0
# Of installing or upgrading a release, where the network or the API of the cluster fails for a moment.
MAX_ATTEMPTS = 3
MAX_PODS_SHOWN = 3


@dataclass(frozen=True)
class WantedRelease:
    """A release as it should be.

    Attributes:
        name: of the release.
        namespace: of the release.
        chart: to install.
        values: all values, including secrets.

    """

    name: str
    namespace: str
    chart: ChartSource
    values: Mapping[str, Any]


class Releases:
    """The releases of one cluster.

    Args:
        helm: the helm program.
        access: how the API of the cluster is reached.
        report: of the step that uses them.

    """

    def __init__(self, helm: Path, access: ClusterAccess, report: StepReport) -> None:
        self._helm = Helm(helm, access.kubeconfig)
        self._access = access
        self._report = report

    async def find(self, name: str, namespace: str) -> ReleaseState | None:
        """Return the newest revision of a release, None where there is no such release."""
        return await self._helm.find(name, namespace)

    async def remove(self, name: str, namespace: str) -> None:
        """Remove a release and wait until its objects are gone."""
        self._report.progress(f"removing the release {name}")
        await self._helm.uninstall(name, namespace)

    async def ensure(self, wanted: WantedRelease, before: ReleaseState | None) -> str:
        """Install or upgrade a release unless it has the wanted chart and values and all its objects.

        Args:
            wanted: the release as it should be.
            before: the release as it is, None where there is none.

        Returns:
            One line that tells what was found or changed.

        Raises:
            HelmError: it could not be installed; the cause names pods that are not ready.

        """
        before = await self._recovered(wanted, before)
        if before is not None and before.matches(wanted.chart, wanted.values):
            api = await self._access.api()
            if not await missing_objects(api, before.resources, wanted.namespace):
                return f"release {wanted.name} is up to date, revision {before.revision}"
        return await self._install(wanted, before)

    async def _recovered(self, wanted: WantedRelease, before: ReleaseState | None) -> ReleaseState | None:
        """Return the release after recovering one that a killed run left pending."""
        if before is None or before.status not in PENDING_STATUSES:
            return before
        self._report.warning(
            f"an earlier run left the release in the status {before.status}: recovering it first"
        )
        return await self._helm.clear_the_way(wanted.name, wanted.namespace)

    async def _install(self, wanted: WantedRelease, before: ReleaseState | None) -> str:
        for _ in range(MAX_ATTEMPTS - 1):
            try:
                return await self._attempt(wanted, before)
            except HelmError as error:
                if not error.passing:
                    raise
                self._report.progress(f"{error.message}; trying again")
            # The attempt may have left a pending or failed revision, or may even have succeeded.
            before = await self._recovered(wanted, await self._helm.find(wanted.name, wanted.namespace))
            if before is not None and before.matches(wanted.chart, wanted.values):
                return f"release {wanted.name} installed, revision {before.revision}"
        return await self._attempt(wanted, before)

    async def _attempt(self, wanted: WantedRelease, before: ReleaseState | None) -> str:
        verb = "installing" if before is None else "upgrading"
        self._report.progress(f"{verb} {wanted.chart.name} {wanted.chart.version}")
        try:
            async with self._showing_pods(wanted.namespace):
                revision = await self._helm.install(
                    wanted.name,
                    wanted.namespace,
                    wanted.chart,
                    wanted.values,
                    roll_back=before is not None and before.status == DEPLOYED,
                )
        except HelmError as error:
            raise await self._explained(wanted.namespace, error) from None
        return f"release {wanted.name} {'installed' if before is None else 'upgraded'}, revision {revision}"

    @asynccontextmanager
    async def _showing_pods(self, namespace: str) -> AsyncIterator[None]:
        """Show the pods that helm waits for."""
        showing = asyncio.create_task(self._show_pods(namespace))
        try:
            yield
        finally:
            showing.cancel()
            await asyncio.gather(showing, return_exceptions=True)

    async def _show_pods(self, namespace: str) -> None:
        api = await self._access.api()
        while True:
            await asyncio.sleep(LOOK_EVERY)
            if waiting := await waiting_pods(api, namespace):
                self._report.progress(f"waiting for {_listed(waiting)}")

    async def _explained(self, namespace: str, error: HelmError) -> HelmError:
        """Return the error of helm with the reasons of pods that are not ready."""
        try:
            waiting = await waiting_pods(await self._access.api(), namespace)
        except KubernetesError:
            waiting = []  # The error of helm is the one to report.
        cause = f"Not ready: {_listed(waiting)}" if waiting else error.cause
        return HelmError(
            error.message,
            cause=cause,
            suggestion=error.suggestion,
            retryable=error.retryable,
            passing=error.passing,
        )


def _listed(pods: list[str]) -> str:
    more = len(pods) - MAX_PODS_SHOWN
    return "; ".join(pods[:MAX_PODS_SHOWN]) + (f"; and {more} more" if more > 0 else "")
