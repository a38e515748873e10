"""Subscriptions and tenants, the regions, and which providers a subscription has registered."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from sandbox.azure.resource_manager.core import errors
from sandbox.azure.resource_manager.core.ids import RESOURCES, subscription_id
from sandbox.azure.resource_manager.core.locations import LOCATIONS
from sandbox.azure.resource_manager.core.resource_types import Call, Function, Provider

if TYPE_CHECKING:
    from sandbox.azure.resource_manager.core.kernel import Kernel
    from sandbox.azure.resource_manager.core.resource_types import ResourceType

SUBSCRIPTION = "/subscriptions/{subscription}"
# What a new pay-as-you-go subscription has in a region.
DEFAULT_CORE_LIMIT = 10
ALWAYS_REGISTERED = ("Microsoft.Resources", "Microsoft.Authorization")


@dataclass
class Subscription:
    """A subscription.

    Args:
        id: its GUID.
        name: its display name.
        tenant_id: the directory it trusts.
        registrations: namespace to "Registered", "Registering" or "NotRegistered"; none stated means the
            last.
        core_limit: the quota of cores in each region.
        family_limits: quotas of families of sizes, where they are less than the region's.

    """

    id: str
    name: str
    tenant_id: str
    registrations: dict[str, str] = field(default_factory=dict)
    core_limit: int = DEFAULT_CORE_LIMIT
    family_limits: dict[str, int] = field(default_factory=dict)

    def family_core_limit(self, family: str) -> int:
        """The quota of one family's cores in each region."""
        return self.family_limits.get(family, self.core_limit)

    def registration(self, namespace: str) -> str:
        """How a provider's registration stands."""
        if namespace in ALWAYS_REGISTERED:
            return "Registered"
        return self.registrations.get(namespace, "NotRegistered")

    def register(self, namespace: str, seconds: float) -> None:
        """Register a provider, which takes its time; again, do nothing."""
        if self.registration(namespace) != "NotRegistered":
            return
        self.registrations[namespace] = "Registering"
        loop = asyncio.get_running_loop()
        loop.call_later(seconds, self.registrations.__setitem__, namespace, "Registered")

    def shown(self) -> dict[str, Any]:
        """The subscription as a GET shows it."""
        return {
            "id": f"/subscriptions/{self.id}",
            "authorizationSource": "RoleBased",
            "managedByTenants": [],
            "subscriptionId": self.id,
            "tenantId": self.tenant_id,
            "displayName": self.name,
            "state": "Enabled",
            "subscriptionPolicies": {
                "locationPlacementId": "Public_2014-09-01",
                "quotaId": "PayAsYouGo_2014-09-01",
                "spendingLimit": "Off",
            },
        }


def register_action(namespace: str) -> str:
    """The right to register a provider, which counts on the subscription alone."""
    return f"{namespace}/register/action"


class SubscriptionFunctions:
    """What a client asks before it knows any resource."""

    read: ClassVar = "Microsoft.Resources/subscriptions/read"

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel

    def functions(self) -> tuple[Function, ...]:
        """The functions, for the kernel's list."""
        read = "Microsoft.Resources/subscriptions/providers/read"
        return (
            Function("GET", "/tenants", None, "", self.tenants),
            Function("GET", "/subscriptions", None, "", self.subscriptions),
            Function("GET", SUBSCRIPTION, None, "", self.subscription),
            Function("GET", f"{SUBSCRIPTION}/locations", None, "", self.locations),
            Function("GET", f"{SUBSCRIPTION}/providers", read, SUBSCRIPTION, self.providers),
            Function("GET", SUBSCRIPTION + "/providers/{namespace}", read, SUBSCRIPTION, self.provider),
            Function("POST", SUBSCRIPTION + "/providers/{namespace}/register", None, "", self.register),
        )

    async def tenants(self, call: Call) -> dict[str, Any]:
        """`GET /tenants`: the directories the principal is in: its own."""
        tenant = call.principal.tenant_id
        entry = {
            "id": f"/tenants/{tenant}",
            "tenantId": tenant,
            "countryCode": "GB",
            "displayName": "Sandbox",
            "domains": ["sandbox.onmicrosoft.com"],
            "tenantCategory": "Home",
            "defaultDomain": "sandbox.onmicrosoft.com",
            "tenantType": "AAD",
        }
        return {"value": [entry]}

    async def subscriptions(self, call: Call) -> dict[str, Any]:
        """`GET /subscriptions`: those in which the principal may see anything."""
        visible = [each for each in self._kernel.subscriptions.values() if self._sees(call, each)]
        return {
            "value": [each.shown() for each in visible],
            "count": {"type": "Total", "value": len(visible)},
        }

    async def subscription(self, call: Call) -> dict[str, Any]:
        """`GET /subscriptions/S`."""
        return self._visible(call).shown()

    async def locations(self, call: Call) -> dict[str, Any]:
        """`GET /subscriptions/S/locations`."""
        subscription = self._visible(call)
        return {"value": [_location(subscription, location.name) for location in LOCATIONS]}

    async def providers(self, call: Call) -> dict[str, Any]:
        """`GET /subscriptions/S/providers`."""
        subscription = self._kernel.subscription(call.arguments["subscription"])
        return {"value": [_provider(subscription, provider) for provider in self._kernel.providers.values()]}

    async def provider(self, call: Call) -> dict[str, Any]:
        """`GET /subscriptions/S/providers/N`."""
        subscription = self._kernel.subscription(call.arguments["subscription"])
        return _provider(subscription, self._kernel.provider(call.arguments["namespace"]))

    async def register(self, call: Call) -> dict[str, Any]:
        """`POST /subscriptions/S/providers/N/register`: takes its time; the answer says "Registering"."""
        subscription = self._kernel.subscription(call.arguments["subscription"])
        provider = self._kernel.provider(call.arguments["namespace"])
        scope = str(subscription_id(subscription.id))
        self._kernel.rights.demand(call.principal, register_action(provider.namespace), scope)
        subscription.register(
            provider.namespace, self._kernel.backends.clock.seconds("provider.registration")
        )
        return _provider(subscription, provider)

    def _sees(self, call: Call, subscription: Subscription) -> bool:
        scope = str(subscription_id(subscription.id))
        return self._kernel.rights.allows_beneath(call.principal, self.read, scope)

    def _visible(self, call: Call) -> Subscription:
        subscription = self._kernel.subscription(call.arguments["subscription"])
        if not self._sees(call, subscription):
            raise errors.authorization_failed(
                call.principal, self.read, str(subscription_id(subscription.id))
            )
        return subscription


def _location(subscription: Subscription, name: str) -> dict[str, Any]:
    location = next(each for each in LOCATIONS if each.name == name)
    return {
        "id": f"/subscriptions/{subscription.id}/locations/{name}",
        "name": name,
        "type": "Region",
        "displayName": location.display_name,
        "regionalDisplayName": location.regional_display_name,
        "metadata": {
            "regionType": "Physical",
            "regionCategory": "Recommended",
            "geography": location.geography,
            "geographyGroup": location.group,
            "longitude": location.longitude,
            "latitude": location.latitude,
            "physicalLocation": location.place,
            "pairedRegion": [],
        },
    }


def _locations_of(kind: ResourceType) -> list[str]:
    if not kind.tracked:
        return []
    names = {location.name: location.display_name for location in LOCATIONS}
    return [names.get(location, location) for location in kind.locations]


def _provider(subscription: Subscription, provider: Provider) -> dict[str, Any]:
    types = [
        {
            "resourceType": kind.name.partition("/")[2],
            "locations": _locations_of(kind),
            "apiVersions": list(kind.api_versions),
            "defaultApiVersion": kind.api_versions[0],
            "capabilities": "SupportsTags, SupportsLocation" if kind.tracked else "None",
        }
        for kind in provider.types
    ]
    return {
        "id": f"/subscriptions/{subscription.id}/providers/{provider.namespace}",
        "namespace": provider.namespace,
        "resourceTypes": types,
        "registrationState": subscription.registration(provider.namespace),
        "registrationPolicy": "RegistrationFree"
        if provider.namespace == RESOURCES
        else "RegistrationRequired",
    }
