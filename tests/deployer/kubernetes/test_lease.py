"""The lock in a cluster: one holder at a time, and none that has stopped renewing it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from deployer.kubernetes import lease
from deployer.kubernetes.lease import LEASE, ClusterLock
from deployer.kubernetes.objects import find_object, patch_object, remove_object
from deployer.locking import Holder, LockLostError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import tzinfo
    from typing import Self

    from kr8s.asyncio import Api

pytestmark = [
    pytest.mark.filterwarnings("ignore:Kubernetes version .* is not supported:UserWarning"),
    pytest.mark.asyncio(loop_scope="session"),
]

ONE = Holder("one", "2026-11-26 07:00:00 UTC", "outputs/one", "laptop")
TWO = Holder("two", "2026-11-26 07:01:00 UTC", "outputs/two", "container")
LONG_AGO = {"spec": {"renewTime": "2026-11-26T06:00:00.000000Z"}}


@pytest_asyncio.fixture(loop_scope="session")
async def held(api: Api) -> AsyncIterator[ClusterLock]:
    """Return the lock, held by the first run."""
    await remove_object(api, LEASE)
    lock = ClusterLock(api)
    assert await lock.acquire(ONE) is None
    yield lock
    await remove_object(api, LEASE)


@pytest.mark.usefixtures("held")
async def test_a_second_run_learns_who_holds_the_lock(api: Api) -> None:
    assert await ClusterLock(api).acquire(TWO) == ONE


@pytest.mark.parametrize("minutes", [-10, 10])
async def test_a_wrong_clock_of_the_holder_changes_nothing(
    api: Api, minutes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Wrong(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return super().now(tz) + timedelta(minutes=minutes)

    await remove_object(api, LEASE)
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(lease, "datetime", Wrong)
        assert await ClusterLock(api).acquire(ONE) is None
    assert await ClusterLock(api).acquire(TWO) == ONE
    found = await find_object(api, LEASE)
    assert found is not None
    written = datetime.fromisoformat(found["spec"]["renewTime"])
    assert abs(datetime.now(UTC) - written) < timedelta(seconds=30)


async def test_a_released_lock_is_free(api: Api, held: ClusterLock) -> None:
    await held.release()
    assert await ClusterLock(api).acquire(TWO) is None


async def test_a_lock_that_is_not_renewed_is_taken_over_and_lost_to_its_holder(
    api: Api, held: ClusterLock
) -> None:
    await held.renew()
    await patch_object(api, LEASE, LONG_AGO)
    assert await ClusterLock(api).acquire(TWO) is None
    found = await find_object(api, LEASE)
    assert found is not None
    assert found["spec"]["holderIdentity"] == "two"
    with pytest.raises(LockLostError):
        await held.renew()
