"""Registries, each of which answers at `<name>.azurecr.io` once it is created."""

from __future__ import annotations

import re
import secrets
from typing import Any

from sandbox.azure.resource_manager.core import errors
from sandbox.azure.resource_manager.core.global_names import GlobalNames
from sandbox.azure.resource_manager.core.operations import Operation, PollingStyle, Reply, finished
from sandbox.azure.resource_manager.core.resource_types import PutRequest, ResourceType
from sandbox.azure.resource_manager.core.state import Resource, timestamp
from sandbox.azure.resource_manager.providers.container_registry.data_plane import registry_app
from sandbox.azure.resource_manager.providers.container_registry.scope_maps import (
    SCOPE_MAP_VERSIONS,
    SYSTEM_SCOPE_MAPS,
    scope_map,
)

REGISTRIES = "Microsoft.ContainerRegistry/registries"
# Registries are older than their scope maps.
API_VERSIONS = (*SCOPE_MAP_VERSIONS, "2021-08-01-preview", "2019-05-01")
SKUS = ("Basic", "Standard", "Premium")
DOMAIN = "azurecr.io"
NAMES = GlobalNames(
    full_type=REGISTRIES,
    pattern=re.compile(r"[A-Za-z0-9]{5,50}"),
    invalid_reason="Invalid",
    invalid="Invalid resource name '{name}'. Resource names may contain alpha numeric characters only and "
    "must be between 5 and 50 characters.",
    taken="The registry {name} is already in use.",
)
_CREATION = PollingStyle("{resource}/operationStatuses/registries-{id}", running="Creating", renewed=True)


class Registries(ResourceType):
    """Registries."""

    name = REGISTRIES
    api_versions = API_VERSIONS
    tracked = True

    def check(self, request: PutRequest) -> None:
        """Validate name and tier."""
        name = request.id.name
        if not NAMES.is_valid(name):
            raise errors.bad_request("InvalidResourceName", NAMES.invalid.format(name=name))
        if request.existing is None and NAMES.is_taken(self.state, name):
            raise errors.conflict(
                "AlreadyInUse",
                f"The registry DNS name {login_server(name)} is already in use. You can check if "
                "the name is already claimed using following API: "
                "https://docs.microsoft.com/en-us/rest/api/containerregistry/registries/checknameavailability",
            )
        tier = (request.body.get("sku") or {}).get("name")
        if tier not in SKUS:
            message = f"The value '{tier}' of sku.name is not one of the registry's tiers: {', '.join(SKUS)}."
            raise errors.bad_request("UnsupportedSku", message)

    async def put(self, request: PutRequest) -> Operation:
        """Create the registry, or change an existing one."""
        if request.existing is not None:
            return await self.patch(request)
        registry = self.state.store(Resource(request.id, _document(request)))
        registry.secrets["admin"] = [secrets.token_urlsafe(39) for _ in range(2)]
        for name, actions in SYSTEM_SCOPE_MAPS.items():
            self.state.store(scope_map(request.id.child("scopeMaps", name), actions, "SystemDefined"))
        return self.services.operations.begin(
            self._create(registry),
            _CREATION,
            at=request.id,
            api_version=request.api_version,
            status=201,
            resource=registry,
        )

    async def patch(self, request: PutRequest) -> Operation:
        """Change tags, tier and properties."""
        registry = request.existing
        if registry is None:
            raise errors.resource_not_found(request.id)
        if "sku" in request.body:
            registry.document["sku"] = _sku(request.body["sku"]["name"])
        if "tags" in request.body:
            registry.document["tags"] = dict(request.body["tags"] or {})
        changeable = ("adminUserEnabled", "publicNetworkAccess", "roleAssignmentMode", "anonymousPullEnabled")
        registry.properties.update(
            {key: request.properties[key] for key in changeable if key in request.properties}
        )
        registry.touch()
        return finished(Reply(200, self.show(registry)), registry)

    async def deprovision(self, resource: Resource) -> None:
        """Stop answering at the host of the registry."""
        self.services.hosts.forget(resource.properties["loginServer"])

    async def _create(self, registry: Resource) -> None:
        await self.services.clock.spend("registry.create")
        self.services.hosts.serve(registry.properties["loginServer"], registry_app(self.services, registry))


def login_server(name: str) -> str:
    """Return the host name of a registry."""
    return f"{name.lower()}.{DOMAIN}"


def _document(request: PutRequest) -> dict[str, Any]:
    properties = {
        "loginServer": login_server(request.id.name),
        "creationDate": timestamp(),
        "provisioningState": "Creating",
        "adminUserEnabled": False,
        "anonymousPullEnabled": False,
        "dataEndpointEnabled": False,
        "dataEndpointHostNames": [],
        "encryption": {"status": "disabled"},
        "networkRuleBypassOptions": "AzureServices",
        "privateEndpointConnections": [],
        "publicNetworkAccess": "Enabled",
        "roleAssignmentMode": "LegacyRegistryPermissions",
        "zoneRedundancy": "Disabled",
    }
    properties |= {key: value for key, value in request.properties.items() if key != "provisioningState"}
    return {
        "location": request.location,
        "tags": dict(request.body.get("tags") or {}),
        "sku": _sku(request.body["sku"]["name"]),
        "properties": properties,
    }


def _sku(name: str) -> dict[str, str]:
    return {"name": name, "tier": name}
