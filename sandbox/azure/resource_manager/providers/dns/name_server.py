"""What Azure's name servers answer to the world."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.azure.resource_manager.providers.dns.record_sets import ZONES
from sandbox.azure.resource_manager.providers.dns.records import APEX

if TYPE_CHECKING:
    from sandbox.azure.resource_manager.core.ids import ResourceId
    from sandbox.azure.resource_manager.core.kernel import Kernel


class NameServer:
    """All zones of all subscriptions: a name belongs to the longest zone that it ends with.

    Args:
        kernel: what exists.

    """

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel

    def answers_for(self, host: str) -> bool:
        """Whether a name lies in a zone of Azure DNS."""
        return self._zone_of(host) is not None

    def cname(self, host: str) -> str | None:
        """Return what a name is an alias of, None where it is none."""
        zone = self._zone_of(host)
        if zone is None:
            return None
        relative = host.lower().removesuffix(zone.name.lower()).removesuffix(".") or APEX
        found = self._kernel.state.get(zone.child("CNAME", relative))
        target: str = found.properties["CNAMERecord"].get("cname", "") if found else ""
        return target or None

    def _zone_of(self, host: str) -> ResourceId | None:
        """Find the zone; of two with one name the older, which the domain was delegated to."""
        zones = [each.id for each in self._kernel.state.of_type(ZONES)]
        matching = [zone for zone in zones if f".{host}".lower().endswith(f".{zone.name}".lower())]
        return max(matching, key=lambda zone: len(zone.name), default=None)
