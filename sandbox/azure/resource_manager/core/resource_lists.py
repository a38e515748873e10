"""The lists of resources of all types, which Azure answers from a cache; a GET asks the resource's provider.

A list that is not renewed yet shows what was deleted meanwhile, and lacks what was created meanwhile: see
issue 21221 of azure-rest-api-specs, and issue 1964 of AKS.
"""

from __future__ import annotations

from math import inf
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.azure.resource_manager.core.state import Resource, State
    from sandbox.clock import Clock


class ResourceLists:
    """What is in a subscription or group, as the cache knows it.

    Args:
        state: the resources that exist.
        clock: how long Azure's seconds are here.

    """

    def __init__(self, state: State, clock: Clock) -> None:
        self._state = state
        self._clock = clock
        self._age = 0.0
        self._cached: dict[str, tuple[float, list[Resource]]] = {}

    def set_age(self, seconds: float) -> float:
        """Set how many of Azure's seconds old a list can be, 0 at first; return what it was before."""
        before, self._age = self._age, seconds
        self._cached.clear()
        return before

    def within(self, scope: str) -> list[Resource]:
        """Return the resources at or beneath a scope when their list was last renewed, oldest first."""
        renewed, listed = self._cached.get(scope.lower(), (-inf, []))
        if monotonic() - renewed >= self._age * self._clock.time_scale:
            renewed, listed = monotonic(), self._state.within(scope)
            self._cached[scope.lower()] = renewed, listed
        return listed
