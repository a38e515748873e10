"""Locks the hub for this run, in the outputs at first and in the cluster as soon as there is one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.azure.retries import with_retries
from deployer.azure.storage_accounts import own_accounts
from deployer.errors import AzureError
from deployer.kubernetes.lease import ClusterLock
from deployer.outputs.locks import LOCK_NAME
from deployer.outputs.stores import open_store
from deployer.run.lock import hold
from deployer.run.workflow import Step

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

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
    """Lock the outputs; those of the button, too, where this run writes elsewhere.

    Raises:
        AlreadyRunningError: another run holds the lock.

    """
    locks = [await hold(_Retried(context.outputs.store.lock(), report), context, report)]
    if context.settings.storage_account_name is None:
        for account in await _accounts_of_the_button(context, report):
            locks += await _lock_account(context, report, account)

    async def let_go() -> None:
        for unlock in locks:
            await unlock()

    context.results.unlock_outputs.set(let_go)
    return "no other deployment of this hub is running"


async def _accounts_of_the_button(context: Context, report: StepReport) -> list[str]:
    group, hub = context.settings.resource_group_name, context.names.hub
    try:
        return await with_retries(
            report,
            "find the outputs of other runs",
            lambda: own_accounts(context.azure, group, hub),
            rights_may_come=False,
        )
    except AzureError:
        return []  # There is no such group yet, or it is not to be seen: the steps that need it tell.


async def _lock_account(
    context: Context, report: StepReport, account: str
) -> list[Callable[[], Awaitable[None]]]:
    """Lock the outputs in an account; without rights there, only the lock in the cluster is left."""
    credential = context.results.session.get().credential
    opened = open_store(account, credential, context.output_directory)
    store = await context.resources.enter_async_context(opened)
    lock = _Retried(store.lock(), report, rights_may_come=False)
    # A run on another machine never held this lock itself.
    lock.outlives_its_holder = False
    try:
        # Before anything is asked to be written where this login has no right even to read.
        await with_retries(report, f"look at {account}", lambda: store.read(LOCK_NAME), rights_may_come=False)
        return [await hold(lock, context, report)]
    except AzureError as error:
        report.progress(f"runs that write to {account} are not seen before the cluster: {error.message}")
        return []


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
        rights_may_come: whether missing rights are waited for.

    """

    def __init__(self, lock: Lock, report: StepReport, *, rights_may_come: bool = True) -> None:
        self._lock = lock
        self._report = report
        self._rights_may_come = rights_may_come
        self.outlives_its_holder = lock.outlives_its_holder
        self.renew = lock.renew
        self.release = lock.release

    async def acquire(self, holder: Holder) -> Holder | None:
        """Take the lock."""
        return await with_retries(
            self._report,
            "lock the outputs",
            lambda: self._lock.acquire(holder),
            rights_may_come=self._rights_may_come,
        )
