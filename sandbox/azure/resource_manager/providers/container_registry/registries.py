"""Registries: made in a while, then answering at `<name>.azurecr.io`."""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING, Any

from sandbox.azure.resource_manager.core import errors
from sandbox.azure.resource_manager.core.operations import Operation, Reply, Telling, finished
from sandbox.azure.resource_manager.core.resource_types import Call, Function, ResourceType, Write
from sandbox.azure.resource_manager.core.state import Resource, timestamp
from sandbox.azure.resource_manager.providers.container_registry.data_plane import registry_app
from sandbox.azure.resource_manager.providers.container_registry.scope_maps import (
    SYSTEM_SCOPE_MAPS,
    scope_map,
)
from sandbox.azure.resource_manager.providers.subscriptions import SUBSCRIPTION

if TYPE_CHECKING:
    from sandbox.azure.resource_manager.core.kernel import Kernel

REGISTRIES = "Microsoft.ContainerRegistry/registries"
API_VERSIONS = (
    "2026-09-01-preview",
    "2026-01-01-preview",
    "2025-11-01",
    "2025-06-01-preview",
    "2025-05-01-preview",
    "2025-04-01",
    "2025-03-01-preview",
    "2024-11-01-preview",
    "2023-07-01",
    "2023-01-01-preview",
    "2022-12-01",
    "2021-08-01-preview",
    "2019-05-01",
)
SKUS = ("Basic", "Standard", "Premium")
DOMAIN = "azurecr.io"
_NAME = re.compile(r"[A-Za-z0-9]{5,50}")
_CREATION = Telling("{resource}/operationStatuses/registries-{id}", running="Creating", renewed=True)


class Registries(ResourceType):
    """Registries; their names are unique in all of Azure."""

    name = REGISTRIES
    api_versions = API_VERSIONS
    tracked = True

    def check(self, write: Write) -> None:
        """Judge the name and the tier."""
        if not _NAME.fullmatch(write.id.name):
            raise errors.bad_request("InvalidResourceName", name_rule(write.id.name))
        if write.existing is None and name_taken(self.kernel, write.id.name):
            raise errors.conflict(
                "AlreadyInUse",
                f"The registry DNS name {login_server(write.id.name)} is already in use. You can check if "
                "the name is already claimed using following API: "
                "https://docs.microsoft.com/en-us/rest/api/containerregistry/registries/checknameavailability",
            )
        tier = (write.body.get("sku") or {}).get("name")
        if tier not in SKUS:
            message = f"The value '{tier}' of sku.name is not one of the registry's tiers: {', '.join(SKUS)}."
            raise errors.bad_request("UnsupportedSku", message)

    async def put(self, write: Write) -> Operation:
        """Make the registry, or change the one that is there."""
        if write.existing is not None:
            return await self.patch(write)
        registry = self.state.store(Resource(write.id, _document(write)))
        registry.secrets["admin"] = [secrets.token_urlsafe(39) for _ in range(2)]
        for name, actions in SYSTEM_SCOPE_MAPS.items():
            self.state.store(scope_map(write.id.child("scopeMaps", name), actions, "SystemDefined"))
        return self.kernel.operations.begin(
            self._create(registry),
            _CREATION,
            at=write.id,
            api_version=write.api_version,
            status=201,
            resource=registry,
        )

    async def patch(self, write: Write) -> Operation:
        """Change tags, tier, and whether there is an admin user."""
        registry = write.existing
        if registry is None:
            raise errors.resource_not_found(write.id)
        if "sku" in write.body:
            registry.document["sku"] = _sku(write.body["sku"]["name"])
        if "tags" in write.body:
            registry.document["tags"] = dict(write.body["tags"] or {})
        changeable = ("adminUserEnabled", "publicNetworkAccess", "roleAssignmentMode", "anonymousPullEnabled")
        registry.properties.update(
            {key: write.properties[key] for key in changeable if key in write.properties}
        )
        registry.touch()
        return finished(Reply(200, self.show(registry)), registry)

    async def unmake(self, resource: Resource) -> None:
        """Stop answering at the registry's host."""
        self.backends.hosts.forget(resource.properties["loginServer"])

    async def _create(self, registry: Resource) -> None:
        await self.backends.clock.spend("registry.create")
        self.backends.hosts.serve(registry.properties["loginServer"], registry_app(self.kernel, registry))


class RegistryFunctions:
    """The check of names and the admin user's passwords."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel

    def functions(self) -> tuple[Function, ...]:
        """The functions, for the kernel's list."""
        registry = f"{{scope}}/providers/{REGISTRIES}/{{registry}}"
        names = f"{SUBSCRIPTION}/providers/Microsoft.ContainerRegistry/checkNameAvailability"
        check = "Microsoft.ContainerRegistry/checkNameAvailability/read"
        credentials = f"{REGISTRIES}/listCredentials/action"
        return (
            Function("POST", names, check, SUBSCRIPTION, self.check_name, API_VERSIONS),
            Function(
                "POST", f"{registry}/listCredentials", credentials, registry, self.credentials, API_VERSIONS
            ),
        )

    async def check_name(self, call: Call) -> dict[str, Any]:
        """Whether a registry name is free in all of Azure."""
        name = str(call.body.get("name", ""))
        if not _NAME.fullmatch(name):
            return {"nameAvailable": False, "reason": "Invalid", "message": name_rule(name)}
        if name_taken(self._kernel, name):
            message = f"The registry {name} is already in use."
            return {"nameAvailable": False, "reason": "AlreadyExists", "message": message}
        return {"nameAvailable": True, "availableLoginServerName": login_server(name)}

    async def credentials(self, call: Call) -> dict[str, Any]:
        """The admin user's passwords, where there is one."""
        registry = self._kernel.existing(call.path.rpartition("/")[0])
        if not registry.properties["adminUserEnabled"]:
            raise errors.bad_request(
                "UnAuthorizedForCredentialOperations",
                f"Unable to perform the operation: admin user is disabled for registry {registry.id.name}.",
            )
        names = zip(("password", "password2"), registry.secrets["admin"], strict=True)
        passwords = [{"name": name, "value": value} for name, value in names]
        return {"username": registry.id.name, "passwords": passwords}


def login_server(name: str) -> str:
    """The host of a registry."""
    return f"{name.lower()}.{DOMAIN}"


def name_rule(name: str) -> str:
    """What Azure says of a name that can't be a registry's."""
    return (
        f"Invalid resource name '{name}'. Resource names may contain alpha numeric characters only and must "
        "be between 5 and 50 characters."
    )


def name_taken(kernel: Kernel, name: str) -> bool:
    """Whether any subscription has a registry of this name."""
    return any(registry.id.name.lower() == name.lower() for registry in kernel.state.of_type(REGISTRIES))


def _document(write: Write) -> dict[str, Any]:
    properties = {
        "loginServer": login_server(write.id.name),
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
    properties |= {key: value for key, value in write.properties.items() if key != "provisioningState"}
    return {
        "location": write.location,
        "tags": dict(write.body.get("tags") or {}),
        "sku": _sku(write.body["sku"]["name"]),
        "properties": properties,
    }


def _sku(name: str) -> dict[str, str]:
    return {"name": name, "tier": name}
