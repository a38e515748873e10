"""Brings a release to what is wanted: one Helm run, none where the wanted release is there and whole."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from deployer.errors import HelmError
from deployer.helm import DEPLOYED, Helm
from deployer.kubernetes import missing_objects, waiting_pods

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    from deployer.helm import ChartSource, ReleaseState
    from deployer.kubernetes import ClusterAccess
    from deployer.workflow import StepReport

# Statuses that a killed run leaves, and that helm itself treats as a dead end.
HALF_DONE = {"pending-install", "pending-upgrade", "pending-rollback", "uninstalling"}

LOOK_EVERY = 10.0
MOST_PODS_TOLD = 3


@dataclass(frozen=True)
class WantedRelease:
    """A release as it shall be.

    Attributes:
        name: of the release.
        namespace: where it lives.
        chart: what is installed.
        values: with all secrets.

    """

    name: str
    namespace: str
    chart: ChartSource
    values: Mapping[str, Any]


class Releases:
    """The releases of one cluster.

    Args:
        helm: the helm program.
        access: how the cluster is reached.
        report: of the step that asks.

    """

    def __init__(self, helm: Path, access: ClusterAccess, report: StepReport) -> None:
        self._helm = Helm(helm, access.kubeconfig)
        self._access = access
        self._report = report

    async def find(self, name: str, namespace: str) -> ReleaseState | None:
        """Return a release's newest revision, None where there is no such release."""
        return await self._helm.find(name, namespace)

    async def remove(self, name: str, namespace: str) -> None:
        """Uninstall a release and wait until its objects are gone."""
        self._report.progress(f"removing the release {name}")
        await self._helm.uninstall(name, namespace)

    async def ensure(self, wanted: WantedRelease, before: ReleaseState | None) -> str:
        """Make sure that a release has the wanted chart and values, and that none of its objects is missing.

        Args:
            wanted: the release.
            before: the release as it was found.

        Returns:
            One line that says what was found or changed.

        Raises:
            HelmError: it could not be installed; the cause names pods that are not ready.

        """
        before = await self._recovered(wanted, before)
        if before is not None and before.matches(wanted.chart, wanted.values):
            api = await self._access.api()
            if not await missing_objects(api, before.resources, wanted.namespace):
                return f"release {wanted.name} is there, revision {before.revision}"
        return await self._install(wanted, before)

    async def _recovered(self, wanted: WantedRelease, before: ReleaseState | None) -> ReleaseState | None:
        """Return the release, after undoing what a killed run left half-done."""
        if before is None or before.status not in HALF_DONE:
            return before
        self._report.warning(f"an earlier run left the release {before.status}: undoing that first")
        return await self._helm.clear_the_way(wanted.name, wanted.namespace)

    async def _install(self, wanted: WantedRelease, before: ReleaseState | None) -> str:
        verb = "installing" if before is None else "upgrading"
        self._report.progress(f"{verb} {wanted.chart.name} {wanted.chart.version}")
        try:
            async with self._telling_pods(wanted.namespace):
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
    async def _telling_pods(self, namespace: str) -> AsyncIterator[None]:
        """Tell, while helm waits, which pods it waits for."""
        telling = asyncio.create_task(self._tell_pods(namespace))
        try:
            yield
        finally:
            telling.cancel()
            await asyncio.gather(telling, return_exceptions=True)

    async def _tell_pods(self, namespace: str) -> None:
        api = await self._access.api()
        while True:
            await asyncio.sleep(LOOK_EVERY)
            if waiting := await waiting_pods(api, namespace):
                self._report.progress(f"waiting for {_told(waiting)}")

    async def _explained(self, namespace: str, error: HelmError) -> HelmError:
        """Add to helm's words what the pods say."""
        waiting = await waiting_pods(await self._access.api(), namespace)
        cause = f"Not ready: {_told(waiting)}" if waiting else error.cause
        return HelmError(error.message, cause=cause, suggestion=error.suggestion, retryable=error.retryable)


def _told(pods: list[str]) -> str:
    more = len(pods) - MOST_PODS_TOLD
    return "; ".join(pods[:MOST_PODS_TOLD]) + (f"; and {more} more" if more > 0 else "")
