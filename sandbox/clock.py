"""How long Azure takes, scaled down so that a whole deployment takes seconds; and what time of day it is.

The time scale shortens all durations alike, so that their ratios stay those of Azure. The time of day can be
moved, so that nobody has to wait for the evening to see what happens then.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from time import monotonic

# Cluster, registry and address from recorded traffic, the others from experience.
AZURE_SECONDS = {
    "managed_cluster.create": 228.0,
    "managed_cluster.update": 90.0,
    "managed_cluster.delete": 180.0,
    "managed_cluster.stop": 120.0,
    "managed_cluster.start": 180.0,
    "registry.create": 18.0,
    "registry.token": 10.0,
    "storage_account.create": 22.0,
    "resource_group.delete": 200.0,
    "container_group.start": 40.0,
    "load_balancer.address": 45.0,
    "dns_zone.delete": 4.0,
    "disk.attach": 15.0,
    "node.join": 60.0,
    "pod.start": 8.0,
    "role_assignment.propagation": 30.0,
    "identity_endpoint.start": 5.0,
    "provider.registration": 60.0,
    "http01.retry": 10.0,
    # "The rules can take up to two minutes to propagate" (AKS, API server authorized IP ranges).
    "api_server.authorized_ranges": 90.0,
    # A packet filter drops what it does not let in: whoever connects gives up.
    "connection.give_up": 30.0,
}


class Clock:
    """Lets Azure's durations pass at the sandbox's pace.

    Args:
        time_scale: sandbox seconds for one second of Azure, 0 to 1.

    """

    def __init__(self, time_scale: float) -> None:
        self.time_scale = time_scale
        self._changed = asyncio.Event()
        self._ahead = timedelta()

    def now(self) -> datetime:
        """Return what time it is here, UTC."""
        return datetime.now(UTC) + self._ahead

    def move_to(self, moment: datetime | None) -> None:
        """Make it another time, from which on time passes; None for the real time."""
        self._ahead = timedelta() if moment is None else moment - datetime.now(UTC)
        self._wake()

    async def until(self, moment: datetime) -> bool:
        """Wait until it is this time here; return False before it is, where time or pace were changed."""
        left = (moment - self.now()).total_seconds()
        if left > 0:
            await self._sleep(left)
        return moment <= self.now()

    def set_time_scale(self, time_scale: float) -> None:
        """Change the pace, also of what is under way."""
        self.time_scale = time_scale
        self._wake()

    def seconds(self, what: str) -> float:
        """How many seconds `what`, a key of AZURE_SECONDS, takes here."""
        return AZURE_SECONDS[what] * self.time_scale

    async def spend(self, what: str) -> None:
        """Wait as long as `what` takes here."""
        began = monotonic()
        while (left := self.seconds(what) - (monotonic() - began)) > 0:
            await self._sleep(left)

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def _sleep(self, seconds: float) -> None:
        """Sleep, but no longer than until pace or time change."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._changed.wait(), seconds)
