"""Installs or upgrades releases, and leaves those alone that are as wanted and complete."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

from deployer.azure.refusals import first_lasting, in_words
from deployer.errors import HelmError, KubernetesError
from deployer.helm.client import DEPLOYED, PENDING_STATUSES, Helm
from deployer.kubernetes.cluster import missing_objects
from deployer.kubernetes.obstacles import ObstacleFinder

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence
    from pathlib import Path

    from deployer.azure.refusals import LastingObstacle
    from deployer.helm.client import ReleaseState, WantedRelease
    from deployer.kubernetes.cluster import ClusterAccess
    from deployer.kubernetes.obstacles import Obstacle
    from deployer.progress.report import StepReport

T = TypeVar("T")

# Seconds.
LOOK_EVERY = 10.0
# Of installing or upgrading a release, where the network or the API of the cluster fails for a moment.
MAX_ATTEMPTS = 3
MAX_PODS_SHOWN = 3


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
        """Remove a release, if there is one, and wait until its objects are gone."""
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
        finder = await self._finder(wanted.namespace)
        try:
            return await self._watched(self._helm.clear_the_way(wanted.name, wanted.namespace), finder)
        except _LastingObstacleError as found:
            raise _failure(wanted, found.lasting) from None

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
        roll_back = before is not None and before.status == DEPLOYED
        finder = await self._finder(wanted.namespace)
        try:
            revision = await self._watched(self._helm.install(wanted, roll_back=roll_back), finder)
        except HelmError as error:
            raise await self._explained(finder, error) from None
        except _LastingObstacleError as found:
            if roll_back:
                await self._return(wanted)
            raise _failure(wanted, found.lasting) from None
        return f"release {wanted.name} {'installed' if before is None else 'upgraded'}, revision {revision}"

    async def _return(self, wanted: WantedRelease) -> None:
        """Return a release whose upgrade was ended to its previous revision, where nothing prevents that."""
        self._report.progress(f"returning {wanted.name} to its previous revision")
        # What stopped the upgrade does not speak against the way back.
        finder = await self._finder(wanted.namespace)
        try:
            await self._watched(self._helm.clear_the_way(wanted.name, wanted.namespace), finder)
        except (HelmError, _LastingObstacleError) as error:
            self._report.warning(f"{wanted.name} is not at its previous revision: {error}")

    async def _watched(self, command: Coroutine[Any, Any, T], finder: ObstacleFinder) -> T:
        """Await a command of helm, show what it waits for, and end it where that cannot come.

        Raises:
            HelmError: helm failed.
            _LastingObstacleError: helm would wait in vain.

        """
        helm = asyncio.create_task(command)
        watch = asyncio.create_task(self._watch(finder))
        try:
            await asyncio.wait((helm, watch), return_when=asyncio.FIRST_COMPLETED)
            if not helm.done():
                raise _LastingObstacleError(watch.result())
            return helm.result()
        finally:
            for task in (helm, watch):
                task.cancel()
            await asyncio.gather(helm, watch, return_exceptions=True)

    async def _finder(self, namespace: str) -> ObstacleFinder:
        return await ObstacleFinder.open(await self._access.api(), namespace)

    async def _watch(self, finder: ObstacleFinder) -> LastingObstacle:
        """Show what helm waits for; return an obstacle that waiting does not remove."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            try:
                obstacles = await finder.find()
            except KubernetesError:
                continue  # Helm reports an API that stays away.
            if lasting := first_lasting(obstacles):
                return lasting
            if obstacles:
                self._report.progress(f"waiting for {_listed(obstacles)}")

    async def _explained(self, finder: ObstacleFinder, error: HelmError) -> HelmError:
        """Return the error of helm with the reasons of pods that are not ready."""
        try:
            waiting = await finder.find()
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


class _LastingObstacleError(Exception):
    """Helm would wait in vain."""

    def __init__(self, lasting: LastingObstacle) -> None:
        super().__init__(str(lasting.obstacle))
        self.lasting = lasting


def _failure(wanted: WantedRelease, lasting: LastingObstacle) -> HelmError:
    return lasting.as_error(HelmError, f"{wanted.chart.name} {wanted.chart.version} cannot become ready")


def _listed(obstacles: Sequence[Obstacle]) -> str:
    more = len(obstacles) - MAX_PODS_SHOWN
    shown = "; ".join(in_words(each) for each in obstacles[:MAX_PODS_SHOWN])
    return shown + (f"; and {more} more" if more > 0 else "")
