"""Finds the storage accounts with the outputs of a hub."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.azure.clients import list_own_resources

if TYPE_CHECKING:
    from deployer.azure.clients import AzureClients

STORAGE_TYPE = "Microsoft.Storage/storageAccounts"
STORAGE_API = "2025-08-01"


async def own_accounts(azure: AzureClients, group: str, hub: str) -> list[str]:
    """Return the names of the storage accounts in a resource group that carry the tag of a hub.

    Azure can still list an account that is gone, and nothing would ever answer at its address.
    """
    listed = await list_own_resources(azure, group, STORAGE_TYPE, hub)
    return [str(each.name) for each in listed if await azure.find(str(each.id), STORAGE_API) is not None]
