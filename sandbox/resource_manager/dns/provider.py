"""Microsoft.Network, as far as it is Azure DNS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.resource_manager.dns.record_sets import record_set_types
from sandbox.resource_manager.dns.zones import ZoneFunctions, Zones
from sandbox.resource_manager.resource_types import Provider

if TYPE_CHECKING:
    from sandbox.resource_manager.kernel import Kernel


def provider(kernel: Kernel) -> Provider:
    """Zones and record sets."""
    types = (Zones(kernel), *record_set_types(kernel))
    return Provider("Microsoft.Network", types, ZoneFunctions(kernel).functions())
