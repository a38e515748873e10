"""The provider Microsoft.Storage, with its actions: account keys and the availability of names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.azure.resource_manager.core import errors
from sandbox.azure.resource_manager.core.actions import SUBSCRIPTION_PATH, Action, ActionRequest
from sandbox.azure.resource_manager.core.resource_types import Provider
from sandbox.azure.resource_manager.core.rights import STORAGE_ACCOUNTS
from sandbox.azure.resource_manager.providers.storage.accounts import API_VERSIONS, NAMES, StorageAccounts
from sandbox.azure.resource_manager.providers.storage.blobs import BlobContainers, BlobServices

if TYPE_CHECKING:
    from sandbox.azure.resource_manager.core.catalog import Catalog
    from sandbox.azure.resource_manager.core.services import Services


class StorageActions:
    """Keys of accounts, and the availability of names.

    Args:
        services: what the actions work with.
        catalog: where accounts are looked up.

    """

    def __init__(self, services: Services, catalog: Catalog) -> None:
        self._services = services
        self._catalog = catalog

    def actions(self) -> tuple[Action, ...]:
        """Return the actions, to be installed."""
        account = f"{{scope}}/providers/{STORAGE_ACCOUNTS}/{{name}}"
        names = f"{SUBSCRIPTION_PATH}/providers/Microsoft.Storage/checkNameAvailability"
        check = "Microsoft.Storage/checknameavailability/read"
        keys = f"{STORAGE_ACCOUNTS}/listKeys/action"
        return (
            Action("POST", f"{account}/listKeys", keys, account, self.list_keys, API_VERSIONS),
            Action("POST", names, check, SUBSCRIPTION_PATH, self.check_name, API_VERSIONS),
        )

    async def list_keys(self, request: ActionRequest) -> dict[str, Any]:
        """List the keys of an account, if it allows shared keys."""
        account = self._catalog.existing(request.target)
        if account.properties.get("allowSharedKeyAccess") is False:
            message = "Key based authentication is not permitted on this storage account."
            raise errors.conflict("KeyBasedAuthenticationNotPermitted", message)
        keys = enumerate(account.secrets["keys"], start=1)
        return {
            "keys": [{"keyName": f"key{number}", "value": key, "permissions": "FULL"} for number, key in keys]
        }

    async def check_name(self, request: ActionRequest) -> dict[str, Any]:
        """Return whether a name is available in all of Azure."""
        return NAMES.availability(self._services.state, str(request.body.get("name", "")))


def provider(services: Services, catalog: Catalog) -> Provider:
    """Return the provider Microsoft.Storage."""
    types = (StorageAccounts(services), BlobServices(services, catalog), BlobContainers(services, catalog))
    return Provider("Microsoft.Storage", types, StorageActions(services, catalog).actions())
