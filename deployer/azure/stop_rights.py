"""The right to stop and start a cluster, which a workflow with an identity of its own needs."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, uuid5

from deployer.azure.role_assignments import ASSIGNMENTS_API, assignments_on, list_assignments

if TYPE_CHECKING:
    from deployer.azure.clients import AzureClients

# Azure Kubernetes Service Contributor Role: of the roles that Azure has, the smallest that may do both.
ROLE = "ed7f3fbd-7b88-4dd4-9017-9adb7ce333f8"
DESCRIPTION = "The stop schedule of the BinderHub stops and starts the cluster."


async def assign_right(azure: AzureClients, cluster: str, principal: str) -> None:
    """Assign the role on a cluster to a principal, where nobody has done so."""
    found = await list_assignments(azure, cluster, principal)
    if any(each["properties"]["roleDefinitionId"].lower().endswith(ROLE) for each in found):
        return
    roles = f"/subscriptions/{azure.subscription}/providers/Microsoft.Authorization/roleDefinitions"
    properties = {
        "roleDefinitionId": f"{roles}/{ROLE}",
        "principalId": principal,
        "principalType": "ServicePrincipal",
        "description": DESCRIPTION,
    }
    await azure.put(_assignment(cluster, principal), ASSIGNMENTS_API, {"properties": properties})


async def remove_right(azure: AzureClients, cluster: str, principal: str) -> None:
    """Take the role away again."""
    await azure.delete(_assignment(cluster, principal), ASSIGNMENTS_API)


def how_to_assign(cluster: str, principal: str) -> str:
    """Return the command by which somebody else assigns the role."""
    return (
        f"az role assignment create --assignee-object-id {principal} --assignee-principal-type "
        f"ServicePrincipal --role {ROLE} --scope {cluster}"
    )


def _assignment(cluster: str, principal: str) -> str:
    # One name for each principal: Azure lets no assignment change hands.
    name = uuid5(NAMESPACE_URL, f"{cluster}/{principal}/{ROLE}".lower())
    return f"{assignments_on(cluster)}/{name}"
