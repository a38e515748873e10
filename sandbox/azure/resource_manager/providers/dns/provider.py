"""The part of Microsoft.Network that is Azure DNS, with its actions: lists over record sets of all types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.azure.resource_manager.core.actions import Action, ActionRequest
from sandbox.azure.resource_manager.core.resource_types import Provider
from sandbox.azure.resource_manager.providers.dns.record_sets import (
    API_VERSIONS,
    ZONES,
    record_set_types,
    record_sets,
)
from sandbox.azure.resource_manager.providers.dns.zones import Zones

if TYPE_CHECKING:
    from sandbox.azure.resource_manager.core.catalog import Catalog
    from sandbox.azure.resource_manager.core.services import Services


class ZoneActions:
    """The lists of record sets of all types.

    Args:
        services: what the actions work with.
        catalog: where zones and types are looked up.

    """

    def __init__(self, services: Services, catalog: Catalog) -> None:
        self._services = services
        self._catalog = catalog

    def actions(self) -> tuple[Action, ...]:
        """Return the actions, to be installed."""
        zone = "{scope}/providers/Microsoft.Network/dnsZones/{zone}"
        return tuple(
            Action("GET", f"{zone}/{name}", f"{ZONES}/{name}/read", zone, self.all_records, API_VERSIONS)
            for name in ("recordsets", "all")
        )

    async def all_records(self, request: ActionRequest) -> dict[str, Any]:
        """List all record sets of a zone."""
        zone = self._catalog.existing(request.target)
        found = record_sets(self._services.state, str(zone.id))
        return {"value": [self._catalog.type_of(each.id).show(each) for each in found]}


def provider(services: Services, catalog: Catalog) -> Provider:
    """Return the part of Microsoft.Network that is Azure DNS."""
    types = (Zones(services), *record_set_types(services))
    return Provider("Microsoft.Network", types, ZoneActions(services, catalog).actions())
