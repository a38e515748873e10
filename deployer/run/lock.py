"""Holds a lock for the time of a run: takes it, renews it in the background, and releases it at the end."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from deployer.errors import AlreadyRunningError, DeployerError
from deployer.locking import LOCK_SECONDS, Holder, LockLostError
from deployer.waiting import Pending, TimeLimitExceededError, wait_until

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from deployer.locking import Lock
    from deployer.progress.report import StepReport
    from deployer.run.context import Context

# Seconds.
RENEW_EVERY = 15.0
# A container that Azure stops has half a minute for everything that is left to do. Seconds.
RELEASE_LIMIT = 3.0
# Between two looks of a run that waits for another one to end. Seconds.
LOOK_EVERY = 5.0


async def hold(lock: Lock, context: Context, report: StepReport) -> Callable[[], Awaitable[None]]:
    """Take a lock for the rest of the run, and renew it until the run ends.

    Returns:
        A function that gives the lock up before the end of the run.

    Raises:
        AlreadyRunningError: another run holds it; with `wait_for_lock`, this run waits instead.

    """
    other: Holder | None = None

    async def look() -> bool | Pending:
        nonlocal other
        other = await lock.acquire(context.holder)
        if other is None:
            return True
        return Pending(f"waiting for the run of {other.started} to end: {other.outputs}")

    try:
        await wait_until(look, report.progress, limit=_limit(lock, context), every=LOOK_EVERY)
    except TimeLimitExceededError:
        raise _already_running(other) from None
    keeper = asyncio.create_task(_keep(lock, context), name="lock")

    async def let_go() -> None:
        if keeper.done():
            return  # Given up already, or lost.
        keeper.cancel()
        with suppress(asyncio.CancelledError):
            await keeper
        # Whatever goes wrong here, the lock expires by itself.
        with suppress(Exception):
            async with asyncio.timeout(RELEASE_LIMIT):
                await lock.release()

    context.resources.push_async_callback(let_go)
    return let_go


async def _keep(lock: Lock, context: Context) -> None:
    """Renew a lock again and again, and end the run when it is lost or expires."""
    try:
        while True:
            async with asyncio.timeout(LOCK_SECONDS):
                await _renew(lock)
    except LockLostError:
        cause = "Another run has taken the lock, or somebody has removed it."
    except TimeoutError:
        cause = "The lock could not be renewed for a minute."
    context.abort(
        DeployerError(
            "The run lost its lock, so another deployment of this hub may be running.",
            cause=cause,
            retryable=True,
        )
    )


async def _renew(lock: Lock) -> None:
    """Renew a lock after a while; a renewal that fails is repeated.

    Raises:
        LockLostError: the lock is another run's, or gone.

    """
    while True:
        await asyncio.sleep(RENEW_EVERY)
        try:
            async with asyncio.timeout(RENEW_EVERY):
                return await lock.renew()
        except LockLostError:
            raise
        # The renewal only has to succeed before the lock expires; the steps report what fails for them, too.
        except Exception:  # noqa: BLE001, S112
            continue


def _limit(lock: Lock, context: Context) -> float:
    """Return for how many seconds a lock that another run holds is waited for."""
    if context.wait_for_lock:
        return float("inf")  # The run as a whole has a limit.
    if lock.outlives_its_holder:
        # A container that crashed starts again at once, and finds the lock that it held itself.
        return LOCK_SECONDS + LOOK_EVERY
    return 0


def _already_running(other: Holder | None) -> AlreadyRunningError:
    other = other or Holder.of({})
    return AlreadyRunningError(
        f"Another run has been working on this hub since {other.started}.",
        cause=f"It runs on {other.host}; its outputs go to {other.outputs}.",
        suggestion="Wait until it has ended, then start again if you still need to; the option --wait waits "
        "for it.",
    )
