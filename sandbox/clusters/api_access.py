"""Which public addresses the API server of a cluster answers: its authorised ranges."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.clock import Clock


class ApiAccess:
    """The ranges that are in force, and those that soon will be.

    The address of the nodes is always among them, as AKS adds it; here nodes reach the API by another way.

    Args:
        clock: how long new ranges take to have an effect.

    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._in_force: tuple[str, ...] = ()
        self._coming: tuple[str, ...] = ()
        self._set_at = 0.0

    def set(self, ranges: Sequence[str], *, at_once: bool) -> None:
        """Replace the ranges; none for everybody.

        Args:
            ranges: in CIDR notation.
            at_once: whether they have their effect at once, as those of a new cluster do.

        """
        self._settle()
        if at_once:
            self._in_force = self._coming = tuple(ranges)
        elif tuple(ranges) != self._coming:
            self._coming, self._set_at = tuple(ranges), monotonic()

    def admits(self, address: str) -> bool:
        """Return whether the API answers an address."""
        self._settle()
        return not self._in_force or any(ip_address(address) in ip_network(each) for each in self._in_force)

    def _settle(self) -> None:
        if monotonic() - self._set_at >= self._clock.seconds("api_server.authorized_ranges"):
            self._in_force = self._coming
