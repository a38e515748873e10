"""Microsoft.Network, as far as it is Azure DNS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.azure.resource_manager.core.resource_types import Provider
from sandbox.azure.resource_manager.providers.dns.record_sets import record_set_types
from sandbox.azure.resource_manager.providers.dns.zones import ZoneFunctions, Zones

if TYPE_CHECKING:
    from sandbox.azure.resource_manager.core.kernel import Kernel


def provider(kernel: Kernel) -> Provider:
    """Zones and record sets."""
    types = (Zones(kernel), *record_set_types(kernel))
    return Provider("Microsoft.Network", types, ZoneFunctions(kernel).functions())
