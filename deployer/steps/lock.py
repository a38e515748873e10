"""Locks the hub for this run, in the outputs at first and in the cluster as soon as there is one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.azure.retries import with_retries
from deployer.kubernetes.lease import ClusterLock
from deployer.run.lock import hold
from deployer.run.workflow import Step

if TYPE_CHECKING:
    from deployer.locking import Holder, Lock
    from deployer.progress.report import StepReport
    from deployer.run.context import Context


def lock_step() -> Step[Context]:
    """Declare the step that comes before any change."""
    return Step("lock", "Check that no other deployment of this hub is running", lock_outputs)


def cluster_lock_step() -> Step[Context]:
    """Declare the step that comes before any change in the cluster."""
    return Step("cluster-lock", "Check that no other deployment changes this cluster", lock_cluster)


async def lock_outputs(context: Context, report: StepReport) -> str:
    """Lock the outputs.

    Raises:
        AlreadyRunningError: another run holds the lock.

    """
    await hold(_Retried(context.outputs.store.lock(), report), context, report)
    return "no other deployment of this hub is running"


async def lock_cluster(context: Context, report: StepReport) -> str:
    """Lock the cluster, which runs with another place for outputs see, too.

    Raises:
        AlreadyRunningError: another run holds the lock.

    """
    await hold(ClusterLock(await context.results.cluster.get().api()), context, report)
    return "no other deployment changes this cluster"


class _Retried:
    """A lock whose acquisition is repeated while Azure fails for a moment.

    Args:
        lock: in the outputs.
        report: of the step.

    """

    def __init__(self, lock: Lock, report: StepReport) -> None:
        self._lock = lock
        self._report = report
        self.outlives_its_holder = lock.outlives_its_holder
        self.renew = lock.renew
        self.release = lock.release

    async def acquire(self, holder: Holder) -> Holder | None:
        """Take the lock."""
        return await with_retries(self._report, "lock the outputs", lambda: self._lock.acquire(holder))
