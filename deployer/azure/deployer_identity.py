"""Finds the identity that the deployer runs as, which others in Azure can act as, too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deployer.azure.container_groups import CONTAINER_GROUP_API, CONTAINER_GROUP_TYPE
from deployer.names import carries_our_tags

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deployer.azure.clients import AzureClients
    from deployer.settings import Settings

IDENTITY_TYPE = "Microsoft.ManagedIdentity/userAssignedIdentities"
IDENTITY_API = "2024-11-30"


async def find_deployer_identity(azure: AzureClients, settings: Settings) -> str | None:
    """Return the id of the identity that the container runs as, else of the one that the button made.

    None where there is none: on a laptop, or for a service principal.
    """
    group, client = settings.resource_group_name, settings.azure_client_id
    if settings.container_group_name:
        path = azure.resource_id(group, CONTAINER_GROUP_TYPE, settings.container_group_name)
        container = await azure.find(path, CONTAINER_GROUP_API)
        attached = attached_identities(container)
        return next((each for each, ids in attached.items() if ids.get("clientId") == client), None)
    made = azure.resource_id(group, IDENTITY_TYPE, f"{settings.binderhub_name}-deployer")
    found = await azure.find(made, IDENTITY_API)
    return made if found and carries_our_tags(found.get("tags"), settings.binderhub_name) else None


def attached_identities(resource: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the user-assigned identities of a resource by their ids, none where it does not exist."""
    return ((resource or {}).get("identity") or {}).get("userAssignedIdentities") or {}
