"""The part of Microsoft.Resources about tenants, subscriptions, their regions and their registrations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from sandbox.azure.resource_manager.core import errors
from sandbox.azure.resource_manager.core.actions import SUBSCRIPTION_PATH, Action, ActionRequest
from sandbox.azure.resource_manager.core.ids import RESOURCES, subscription_id
from sandbox.azure.resource_manager.core.locations import LOCATIONS
from sandbox.azure.resource_manager.core.subscription import register_action

if TYPE_CHECKING:
    from sandbox.azure.resource_manager.core.catalog import Catalog
    from sandbox.azure.resource_manager.core.resource_types import Provider, ResourceType
    from sandbox.azure.resource_manager.core.services import Services
    from sandbox.azure.resource_manager.core.subscription import Subscription

PROVIDER_PATH = SUBSCRIPTION_PATH + "/providers/{namespace}"


class SubscriptionActions:
    """What clients ask before they know any resource.

    Args:
        services: what the actions work with.
        catalog: the installed providers.

    """

    read: ClassVar = "Microsoft.Resources/subscriptions/read"

    def __init__(self, services: Services, catalog: Catalog) -> None:
        self._services = services
        self._catalog = catalog

    def actions(self) -> tuple[Action, ...]:
        """Return the actions, to be installed."""
        read = "Microsoft.Resources/subscriptions/providers/read"
        return (
            Action("GET", "/tenants", None, "", self.tenants),
            Action("GET", "/subscriptions", None, "", self.subscriptions),
            Action("GET", SUBSCRIPTION_PATH, None, "", self.subscription),
            Action("GET", f"{SUBSCRIPTION_PATH}/locations", None, "", self.locations),
            Action("GET", f"{SUBSCRIPTION_PATH}/providers", read, SUBSCRIPTION_PATH, self.providers),
            Action("GET", PROVIDER_PATH, read, SUBSCRIPTION_PATH, self.provider),
            Action("POST", f"{PROVIDER_PATH}/register", None, "", self.register),
        )

    async def tenants(self, request: ActionRequest) -> dict[str, Any]:
        """List the directories that the principal is in, for `GET /tenants`."""
        tenant = request.principal.tenant_id
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

    async def subscriptions(self, request: ActionRequest) -> dict[str, Any]:
        """List the subscriptions in which the principal may read anything, for `GET /subscriptions`."""
        visible = [each for each in self._services.subscriptions if self._sees(request, each)]
        return {
            "value": [each.shown() for each in visible],
            "count": {"type": "Total", "value": len(visible)},
        }

    async def subscription(self, request: ActionRequest) -> dict[str, Any]:
        """Return a subscription, for `GET /subscriptions/S`."""
        return self._visible(request).shown()

    async def locations(self, request: ActionRequest) -> dict[str, Any]:
        """List the regions of a subscription, for `GET /subscriptions/S/locations`."""
        subscription = self._visible(request)
        return {"value": [_location(subscription, location.name) for location in LOCATIONS]}

    async def providers(self, request: ActionRequest) -> dict[str, Any]:
        """List the resource providers, for `GET /subscriptions/S/providers`."""
        subscription = self._services.subscriptions.get(request.arguments["subscription"])
        return {"value": [_provider(subscription, provider) for provider in self._catalog.providers()]}

    async def provider(self, request: ActionRequest) -> dict[str, Any]:
        """Return a resource provider, for `GET /subscriptions/S/providers/N`."""
        subscription = self._services.subscriptions.get(request.arguments["subscription"])
        return _provider(subscription, self._catalog.provider(request.arguments["namespace"]))

    async def register(self, request: ActionRequest) -> dict[str, Any]:
        """Begin to register a provider, for `POST /subscriptions/S/providers/N/register`."""
        subscription = self._services.subscriptions.get(request.arguments["subscription"])
        provider = self._catalog.provider(request.arguments["namespace"])
        scope = str(subscription_id(subscription.id))
        self._services.rights.demand(request.principal, register_action(provider.namespace), scope)
        subscription.register(provider.namespace, self._services.clock.seconds("provider.registration"))
        return _provider(subscription, provider)

    def _sees(self, request: ActionRequest, subscription: Subscription) -> bool:
        scope = str(subscription_id(subscription.id))
        return self._services.rights.allows_beneath(request.principal, self.read, scope)

    def _visible(self, request: ActionRequest) -> Subscription:
        subscription = self._services.subscriptions.get(request.arguments["subscription"])
        if not self._sees(request, subscription):
            raise errors.authorization_failed(
                request.principal, self.read, str(subscription_id(subscription.id))
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


def _display_names_of_locations(kind: ResourceType) -> list[str]:
    if not kind.tracked:
        return []
    names = {location.name: location.display_name for location in LOCATIONS}
    return [names.get(location, location) for location in kind.locations]


def _provider(subscription: Subscription, provider: Provider) -> dict[str, Any]:
    types = [
        {
            "resourceType": kind.name.partition("/")[2],
            "locations": _display_names_of_locations(kind),
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
