"""Locks of a run: kept while it goes on, given up at its end, and the end of a run that loses them."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from deployer.errors import AlreadyRunningError, DeployerError
from deployer.locking import Holder, LockLostError
from deployer.outputs.stores import DirectoryOutputStore, RunOutputs
from deployer.progress.events import Progress
from deployer.progress.report import StepReport
from deployer.redaction import Redactor
from deployer.run import lock
from deployer.run.context import Context
from deployer.run.lock import hold
from tests import aborts
from tests.deployer.settings_of import settings_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

REPORT = StepReport("lock", Progress())
OTHER = Holder("other", "2026-11-26 07:00:00 UTC", "outputs/runs/other", "laptop")


class MemoryLock:
    """A lock that another run can hold or take."""

    outlives_its_holder = False

    def __init__(self, other: Holder | None = None) -> None:
        self.other = other
        self.renewed = asyncio.Event()
        self.lost = False
        self.released = False

    async def acquire(self, _: Holder) -> Holder | None:
        return self.other

    async def renew(self) -> None:
        self.renewed.set()
        if self.lost:
            raise LockLostError

    async def release(self) -> None:
        self.released = True


@pytest.fixture
async def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Context]:
    monkeypatch.setattr(lock, "RENEW_EVERY", 0.01)
    async with AsyncExitStack() as resources:
        made = Context(
            settings_of(), datetime.now(UTC), tmp_path, tmp_path, Redactor(), resources, aborts.fail
        )
        made.results.outputs.set(RunOutputs(DirectoryOutputStore(tmp_path), made.started))
        yield made


async def test_a_lock_is_renewed_until_the_run_ends_and_then_released(context: Context) -> None:
    taken = MemoryLock()
    await hold(taken, context, REPORT)
    async with asyncio.timeout(5):
        await taken.renewed.wait()
    assert not taken.released
    await context.resources.aclose()
    assert taken.released


async def test_a_run_that_does_not_get_the_lock_says_who_has_it(context: Context) -> None:
    with pytest.raises(AlreadyRunningError, match="since 2026-11-26 07:00:00 UTC") as caught:
        await hold(MemoryLock(OTHER), context, REPORT)
    assert caught.value.cause == "It runs on laptop; its outputs go to outputs/runs/other."
    assert caught.value.exit_status == 4
    # Whatever command this is, and that one was: to stop a hub, nobody has to deploy it.
    assert "deploy" not in f"{caught.value.message} {caught.value.suggestion}"


async def test_a_run_that_loses_its_lock_is_ended(context: Context) -> None:
    ended: asyncio.Future[DeployerError] = asyncio.get_running_loop().create_future()
    context.abort = ended.set_result
    taken = MemoryLock()
    await hold(taken, context, REPORT)
    taken.lost = True
    async with asyncio.timeout(5):
        assert "lost its lock" in (await ended).message
    assert (await ended).cause == "Another run has taken the lock, or somebody has removed it."


async def test_a_run_ends_when_its_lock_expires_and_not_after_the_next_try(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "RENEW_EVERY", 0.2)
    monkeypatch.setattr(lock, "LOCK_SECONDS", 0.3)
    ended: asyncio.Future[DeployerError] = asyncio.get_running_loop().create_future()
    context.abort = ended.set_result
    tries: list[str] = []

    async def refuse() -> None:
        tries.append("renew")
        raise ConnectionError

    taken = MemoryLock()
    taken.renew = refuse  # type: ignore[method-assign]
    await hold(taken, context, REPORT)
    async with asyncio.timeout(5):
        assert (await ended).cause == "The lock could not be renewed for a minute."
    assert tries == ["renew"]
