"""Reads container groups: each click creates one, in which the deployer runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deployer.azure.clients import list_own_resources

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deployer.azure.clients import AzureClients

CONTAINER_GROUP_TYPE = "Microsoft.ContainerInstance/containerGroups"
CONTAINER_GROUP_API = "2025-09-01"
ENDED_STATES = frozenset({"Succeeded", "Failed", "Stopped"})


async def own_container_groups(azure: AzureClients, group: str, hub: str) -> list[str]:
    """Return the ids of the container groups that carry the tag of a hub, the newest last.

    Their names end in the time of the click.
    """
    found = await list_own_resources(azure, group, CONTAINER_GROUP_TYPE, hub)
    return sorted(each.id for each in found if each.id)


async def container_group_properties(azure: AzureClients, resource_id: str) -> dict[str, Any]:
    """Return the properties of a container group, none where it does not exist."""
    found = await azure.find(resource_id, CONTAINER_GROUP_API)
    return (found or {}).get("properties") or {}


def has_ended(properties: Mapping[str, Any]) -> bool:
    """Return whether the containers of a group have ended, given its properties."""
    return (properties.get("instanceView") or {}).get("state") in ENDED_STATES
