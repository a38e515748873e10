"""Microsoft.Network: DNS labels, usages, and the resources that the Kubernetes service creates."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar

from sandbox.azure.resource_manager.core import errors
from sandbox.azure.resource_manager.core.actions import SUBSCRIPTION_PATH, Action, ActionRequest
from sandbox.azure.resource_manager.core.locations import LOCATION_NAMES, normalised
from sandbox.azure.resource_manager.core.resource_types import Provider, ResourceType

if TYPE_CHECKING:
    from sandbox.azure.resource_manager.core.catalog import Catalog
    from sandbox.azure.resource_manager.core.ids import ResourceId
    from sandbox.azure.resource_manager.core.services import Services
    from sandbox.azure.resource_manager.core.state import Resource

LIMIT_OF_OTHERS = 1000
_LABEL = re.compile(r"[a-z][a-z0-9-]{1,61}[a-z0-9]")


class NetworkActions:
    """The availability of DNS labels.

    Args:
        services: what the actions work with.

    """

    def __init__(self, services: Services) -> None:
        self._services = services

    def actions(self) -> tuple[Action, ...]:
        """Return the actions, to be installed."""
        path = (
            f"{SUBSCRIPTION_PATH}/providers/Microsoft.Network/locations/{{location}}/checkDnsNameAvailability"
        )
        right = "Microsoft.Network/locations/checkDnsNameAvailability/read"
        usages = f"{SUBSCRIPTION_PATH}/providers/Microsoft.Network/locations/{{location}}/usages"
        read_usages = "Microsoft.Network/locations/usages/read"
        return (
            Action("GET", path, right, SUBSCRIPTION_PATH, self.check_label),
            Action("GET", usages, read_usages, SUBSCRIPTION_PATH, self.usages),
        )

    async def usages(self, request: ActionRequest) -> dict[str, Any]:
        """List how many addresses and load balancers a region has, and their limits."""
        location = normalised(request.arguments["location"])
        subscription = self._services.subscriptions.get(request.arguments["subscription"])
        limits = {
            "PublicIPAddresses": (PublicIpAddresses.name, subscription.address_limit),
            "StandardSkuPublicIpAddresses": (PublicIpAddresses.name, subscription.address_limit),
            "StandardSkuLoadBalancers": (LoadBalancers.name, LIMIT_OF_OTHERS),
            "NetworkSecurityGroups": (NetworkSecurityGroups.name, LIMIT_OF_OTHERS),
            "VirtualNetworks": (VirtualNetworks.name, LIMIT_OF_OTHERS),
        }
        scope = f"/subscriptions/{subscription.id}"
        return {
            "value": [
                {
                    "currentValue": len(_in_region(self._services, kind, scope, location)),
                    "id": f"{scope}/providers/Microsoft.Network/locations/{location}/usages/{name}",
                    "limit": limit,
                    "name": {"localizedValue": name, "value": name},
                    "unit": "Count",
                }
                for name, (kind, limit) in limits.items()
            ]
        }

    async def check_label(self, request: ActionRequest) -> dict[str, bool]:
        """Return whether `<label>.<region>.cloudapp.azure.com` is available, for `?domainNameLabel=…`."""
        location, label = normalised(request.arguments["location"]), request.query.get("domainNameLabel", "")
        if location not in LOCATION_NAMES:
            raise errors.bad_request("InvalidParameter", f"The location '{location}' is invalid.")
        if not _LABEL.fullmatch(label):
            raise errors.bad_request(
                "InvalidDomainNameLabel",
                f"The domain name label {label} is invalid. It must conform to the following regular "
                "expression: "
                "^[a-z][a-z0-9-]{1,61}[a-z0-9]$.",
            )
        return {"available": self._services.clusters.holder_of_label(location, label) is None}


class _NetworkResource(ResourceType):
    """A resource in a node resource group; clients read it, delete it and change its tags."""

    api_versions: ClassVar[tuple[str, ...]] = (
        "2026-03-01",
        "2025-05-01",
        "2025-01-01",
        "2024-07-01",
        "2024-05-01",
        "2023-09-01",
    )
    tracked = True


class PublicIpAddresses(_NetworkResource):
    """Public addresses: one for outbound traffic, and one for each Service."""

    name: ClassVar[str] = "Microsoft.Network/publicIPAddresses"


class LoadBalancers(_NetworkResource):
    """Load balancers."""

    name: ClassVar[str] = "Microsoft.Network/loadBalancers"


class NetworkSecurityGroups(_NetworkResource):
    """Network security groups."""

    name: ClassVar[str] = "Microsoft.Network/networkSecurityGroups"


class VirtualNetworks(_NetworkResource):
    """Virtual networks."""

    name: ClassVar[str] = "Microsoft.Network/virtualNetworks"


def check_address_quota(services: Services, address: ResourceId, location: str) -> None:
    """Check that a region has room for one more public address.

    Raises:
        ArmError: PublicIPCountLimitReached.

    """
    subscription = services.subscriptions.get(address.subscription or "")
    used = _in_region(services, PublicIpAddresses.name, f"/subscriptions/{subscription.id}", location)
    if len(used) >= subscription.address_limit:
        raise errors.bad_request(
            "PublicIPCountLimitReached",
            f"Cannot create more than {subscription.address_limit} public IP addresses for this subscription "
            "in this region.",
        )


def _in_region(services: Services, kind: str, scope: str, location: str) -> list[Resource]:
    return [each for each in services.state.of_type(kind, scope) if each.location == location]


def provider(services: Services, _catalog: Catalog) -> Provider:
    """Return the provider Microsoft.Network, without Azure DNS."""
    types = tuple(
        kind(services) for kind in (PublicIpAddresses, LoadBalancers, NetworkSecurityGroups, VirtualNetworks)
    )
    return Provider("Microsoft.Network", types, NetworkActions(services).actions())
