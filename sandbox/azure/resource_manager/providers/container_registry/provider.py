"""The provider Microsoft.ContainerRegistry, with its actions: names, admin passwords and token passwords."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.azure.resource_manager.core import errors
from sandbox.azure.resource_manager.core.actions import SUBSCRIPTION_PATH, Action, ActionRequest
from sandbox.azure.resource_manager.core.resource_types import Provider
from sandbox.azure.resource_manager.providers.container_registry.registries import (
    API_VERSIONS,
    NAMES,
    REGISTRIES,
    Registries,
    login_server,
)
from sandbox.azure.resource_manager.providers.container_registry.scope_maps import ScopeMaps
from sandbox.azure.resource_manager.providers.container_registry.tokens import TokenActions, Tokens

if TYPE_CHECKING:
    from sandbox.azure.resource_manager.core.catalog import Catalog
    from sandbox.azure.resource_manager.core.services import Services


class RegistryActions:
    """The availability of names, and the passwords of the admin user.

    Args:
        services: what the actions work with.
        catalog: where registries are looked up.

    """

    def __init__(self, services: Services, catalog: Catalog) -> None:
        self._services = services
        self._catalog = catalog

    def actions(self) -> tuple[Action, ...]:
        """Return the actions, to be installed."""
        registry = f"{{scope}}/providers/{REGISTRIES}/{{registry}}"
        names = f"{SUBSCRIPTION_PATH}/providers/Microsoft.ContainerRegistry/checkNameAvailability"
        check = "Microsoft.ContainerRegistry/checkNameAvailability/read"
        credentials = f"{REGISTRIES}/listCredentials/action"
        return (
            Action("POST", names, check, SUBSCRIPTION_PATH, self.check_name, API_VERSIONS),
            Action(
                "POST", f"{registry}/listCredentials", credentials, registry, self.credentials, API_VERSIONS
            ),
        )

    async def check_name(self, request: ActionRequest) -> dict[str, Any]:
        """Return whether a name is available in all of Azure."""
        name = str(request.body.get("name", ""))
        answer = NAMES.availability(self._services.state, name)
        if answer["nameAvailable"]:
            answer["availableLoginServerName"] = login_server(name)
        return answer

    async def credentials(self, request: ActionRequest) -> dict[str, Any]:
        """List the passwords of the admin user, if it is enabled."""
        registry = self._catalog.existing(request.target)
        if not registry.properties["adminUserEnabled"]:
            raise errors.bad_request(
                "UnAuthorizedForCredentialOperations",
                f"Unable to perform the operation: admin user is disabled for registry {registry.id.name}.",
            )
        names = zip(("password", "password2"), registry.secrets["admin"], strict=True)
        passwords = [{"name": name, "value": value} for name, value in names]
        return {"username": registry.id.name, "passwords": passwords}


def provider(services: Services, catalog: Catalog) -> Provider:
    """Return the provider Microsoft.ContainerRegistry."""
    types = (Registries(services), ScopeMaps(services), Tokens(services))
    actions = (*RegistryActions(services, catalog).actions(), *TokenActions(services, catalog).actions())
    return Provider("Microsoft.ContainerRegistry", types, actions)
