"""Lists the roles that are assigned to somebody, and names assignments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from deployer.azure.clients import AzureClients

ASSIGNMENTS_API = "2022-04-01"


def assignments_on(scope: str) -> str:
    """Return the path of the role assignments on a scope: a resource id, or that of a resource group."""
    return f"{scope}/providers/Microsoft.Authorization/roleAssignments"


async def list_assignments(azure: AzureClients, scope: str, principal: str) -> list[dict[str, Any]]:
    """Return the role assignments of a principal on a scope, with those that the scope inherits."""
    query = {"$filter": f"principalId eq '{principal}'"}
    return await azure.list_json(assignments_on(scope), ASSIGNMENTS_API, query)
