"""The address ranges that the API server of a cluster answers, as its requests have them.

Source: AKS, "Secure access to the API server using authorized IP address ranges".
"""

from __future__ import annotations

from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

from sandbox.azure.resource_manager.providers.container_service import errors

if TYPE_CHECKING:
    from collections.abc import Mapping

PARAMETER = "apiServerAccessProfile.authorizedIPRanges"
MOST_RANGES = 200


def authorised_ranges(properties: Mapping[str, Any]) -> list[str]:
    """Return the ranges of a cluster or a request; none where everybody is answered."""
    return list((properties.get("apiServerAccessProfile") or {}).get("authorizedIPRanges") or ())


def check_authorised_ranges(properties: Mapping[str, Any]) -> None:
    """Check the ranges of a request, and complete single addresses, as Azure shows them."""
    ranges = authorised_ranges(properties)
    if len(ranges) > MOST_RANGES:
        raise errors.invalid_parameter(PARAMETER, f"more than {MOST_RANGES} ranges")
    for each in ranges:
        try:
            ip_network(each)
        except ValueError as wrong:
            raise errors.invalid_parameter(PARAMETER, str(wrong)) from None
    if ranges:
        shown = [str(ip_network(each)) for each in ranges]
        properties["apiServerAccessProfile"]["authorizedIPRanges"] = shown
