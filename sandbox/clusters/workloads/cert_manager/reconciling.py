"""How each of cert-manager's controllers works: look at all anew after each change, and when due."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import httpx

from sandbox.clusters.kubernetes_api import watch

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    # Does what is to be done now; returns in how many seconds there is more to do, None for "after a change".
    Reconcile = Callable[[], Awaitable[float | None]]

# After an error: the webhook is not there yet, an object was changed meanwhile, the API is stopping.
RETRY_SECONDS = 0.3


async def keep_reconciling(
    api: httpx.AsyncClient,
    paths: tuple[str, ...],
    reconcile: Reconcile,
    changed: asyncio.Event | None = None,
) -> None:
    """Reconcile for as long as the cluster runs.

    Args:
        api: client of the cluster's API.
        paths: collections whose changes matter.
        reconcile: looks at the objects as they are, and moves them on.
        changed: set by whoever else wants a look to be taken.

    """
    changed = changed or asyncio.Event()

    async def follow(path: str) -> None:
        async for _ in watch(api, path):
            changed.set()

    async with asyncio.TaskGroup() as group:
        for path in paths:
            group.create_task(follow(path))
        while True:
            changed.clear()
            await _wait(changed, await _try(reconcile))


async def _try(reconcile: Reconcile) -> float | None:
    try:
        return await reconcile()
    except httpx.HTTPError:
        return RETRY_SECONDS


async def _wait(changed: asyncio.Event, seconds: float | None) -> None:
    """Wait for a change, or for some seconds."""
    try:
        async with asyncio.timeout(seconds):
            await changed.wait()
    except TimeoutError:
        return
