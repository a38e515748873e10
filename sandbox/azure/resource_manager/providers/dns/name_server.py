"""The name servers of Azure DNS, which the sandbox asks where a host name leads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.azure.resource_manager.providers.dns.record_sets import ZONES
from sandbox.azure.resource_manager.providers.dns.records import APEX

if TYPE_CHECKING:
    from sandbox.azure.resource_manager.core.ids import ResourceId
    from sandbox.azure.resource_manager.core.state import State


class NameServer:
    """Answers for all zones of all subscriptions: a name belongs to the longest zone that it ends with.

    Args:
        state: where zones and record sets are.

    """

    def __init__(self, state: State) -> None:
        self._state = state

    def answers_for(self, host: str) -> bool:
        """Return whether a name lies in a zone of Azure DNS."""
        return self._zone_of(host) is not None

    def cname(self, host: str) -> str | None:
        """Return the target of a name's CNAME record, None for no record."""
        zone = self._zone_of(host)
        if zone is None:
            return None
        relative = host.lower().removesuffix(zone.name.lower()).removesuffix(".") or APEX
        found = self._state.get(zone.child("CNAME", relative))
        target: str = found.properties["CNAMERecord"].get("cname", "") if found else ""
        return target or None

    def _zone_of(self, host: str) -> ResourceId | None:
        """Return the zone of a name, the older of two with one name: the domain was delegated to that."""
        zones = [each.id for each in self._state.of_type(ZONES)]
        matching = [zone for zone in zones if f".{host}".lower().endswith(f".{zone.name}".lower())]
        return max(matching, key=lambda zone: len(zone.name), default=None)
