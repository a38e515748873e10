"""Reads container groups: each click creates one, in which the deployer runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from deployer.azure.clients import AzureClients

CONTAINER_GROUP_TYPE = "Microsoft.ContainerInstance/containerGroups"
CONTAINER_GROUP_API = "2025-09-01"


async def container_group_properties(azure: AzureClients, resource_id: str) -> dict[str, Any]:
    """Return the properties of a container group, none where it does not exist."""
    found = await azure.find(resource_id, CONTAINER_GROUP_API)
    return (found or {}).get("properties") or {}
