"""The built-in roles that a deployment by the button meets, with their ids and permissions in Azure.

Source: Azure's list of built-in roles. Contributor excludes further actions there, which the sandbox lacks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

_BLOB_CONTAINERS = "Microsoft.Storage/storageAccounts/blobServices/containers"
_USER_DELEGATION = "Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/action"


@dataclass(frozen=True)
class Role:
    """A role definition."""

    id: str
    name: str
    description: str
    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    data_actions: tuple[str, ...] = ()
    not_data_actions: tuple[str, ...] = ()

    def allows(self, action: str) -> bool:
        """Return whether the role allows a control-plane action."""
        return _matches_any(action, self.actions) and not _matches_any(action, self.not_actions)

    def allows_data(self, action: str) -> bool:
        """Return whether the role allows a data-plane action."""
        return _matches_any(action, self.data_actions) and not _matches_any(action, self.not_data_actions)

    def resource_id(self, subscription: str) -> str:
        """Return the id of the definition in a subscription."""
        return f"/subscriptions/{subscription}/providers/Microsoft.Authorization/roleDefinitions/{self.id}"

    def shown(self, subscription: str) -> dict[str, Any]:
        """Return the definition as a GET shows it."""
        permission = {
            "actions": list(self.actions),
            "notActions": list(self.not_actions),
            "dataActions": list(self.data_actions),
            "notDataActions": list(self.not_data_actions),
        }
        properties = {
            "roleName": self.name,
            "type": "BuiltInRole",
            "description": self.description,
            "assignableScopes": ["/"],
            "permissions": [permission],
        }
        kind = "Microsoft.Authorization/roleDefinitions"
        return {"id": self.resource_id(subscription), "name": self.id, "type": kind, "properties": properties}


def _matches_any(action: str, patterns: tuple[str, ...]) -> bool:
    return any(_matches(action.lower(), pattern.lower()) for pattern in patterns)


def _matches(action: str, pattern: str) -> bool:
    """Return whether an action matches a pattern, whose `*` stands for any characters, slashes included.

    `/*/` stands for `/` too: Managed Identity Operator reads identities by `userAssignedIdentities/*/read`.
    """
    if "/*/" in pattern and _matches(action, pattern.replace("/*/", "/", 1)):
        return True
    head, star, tail = pattern.partition("*")
    if not star:
        return action == head
    if not action.startswith(head):
        return False
    rest = action[len(head) :]
    return any(_matches(rest[start:], tail) for start in range(len(rest) + 1))


OWNER = Role(
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
    "Owner",
    "Grants full access to manage all resources, including the ability to assign roles in Azure RBAC.",
    actions=("*",),
)
CONTRIBUTOR = Role(
    "b24988ac-6180-42a0-ab88-20f7382dd24c",
    "Contributor",
    "Grants full access to manage all resources, but does not allow you to assign roles in Azure RBAC.",
    actions=("*",),
    not_actions=(
        "Microsoft.Authorization/*/Delete",
        "Microsoft.Authorization/*/Write",
        "Microsoft.Authorization/elevateAccess/Action",
        "Microsoft.Blueprint/blueprintAssignments/write",
        "Microsoft.Blueprint/blueprintAssignments/delete",
        "Microsoft.Compute/galleries/share/action",
    ),
)
READER = Role(
    "acdd72a7-3385-48ef-bd42-f606fba81ae7",
    "Reader",
    "View all resources, but does not allow you to make any changes.",
    actions=("*/read",),
)
ROLE_BASED_ACCESS_CONTROL_ADMINISTRATOR = Role(
    "f58310d9-a9f6-439a-9e8d-f62e7b41a168",
    "Role Based Access Control Administrator",
    "Manage access to Azure resources by assigning roles using Azure RBAC.",
    actions=(
        "Microsoft.Authorization/roleAssignments/write",
        "Microsoft.Authorization/roleAssignments/delete",
        "*/read",
        "Microsoft.Support/*",
    ),
)
STORAGE_BLOB_DATA_OWNER = Role(
    "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
    "Storage Blob Data Owner",
    "Allows for full access to Azure Storage blob containers and data, including assigning POSIX access "
    "control.",
    actions=(f"{_BLOB_CONTAINERS}/*", _USER_DELEGATION),
    data_actions=(f"{_BLOB_CONTAINERS}/blobs/*",),
)
STORAGE_BLOB_DATA_CONTRIBUTOR = Role(
    "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
    "Storage Blob Data Contributor",
    "Allows for read, write and delete access to Azure Storage blob containers and data.",
    actions=(
        f"{_BLOB_CONTAINERS}/delete",
        f"{_BLOB_CONTAINERS}/read",
        f"{_BLOB_CONTAINERS}/write",
        _USER_DELEGATION,
    ),
    data_actions=tuple(
        f"{_BLOB_CONTAINERS}/blobs/{verb}"
        for verb in ("delete", "read", "write", "move/action", "add/action")
    ),
)
STORAGE_BLOB_DATA_READER = Role(
    "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1",
    "Storage Blob Data Reader",
    "Allows for read access to Azure Storage blob containers and data.",
    actions=(f"{_BLOB_CONTAINERS}/read", _USER_DELEGATION),
    data_actions=(f"{_BLOB_CONTAINERS}/blobs/read",),
)
MANAGED_IDENTITY_OPERATOR = Role(
    "f1a07417-d97a-45cb-824c-7a7467783830",
    "Managed Identity Operator",
    "Read and Assign User Assigned Identity",
    actions=(
        "Microsoft.ManagedIdentity/userAssignedIdentities/*/read",
        "Microsoft.ManagedIdentity/userAssignedIdentities/*/assign/action",
        "Microsoft.Authorization/*/read",
        "Microsoft.Insights/alertRules/*",
        "Microsoft.Resources/subscriptions/resourceGroups/read",
        "Microsoft.Resources/deployments/*",
        "Microsoft.Support/*",
    ),
)
KUBERNETES_SERVICE_CONTRIBUTOR = Role(
    "ed7f3fbd-7b88-4dd4-9017-9adb7ce333f8",
    "Azure Kubernetes Service Contributor Role",
    "Grants access to read and write Azure Kubernetes Service clusters",
    actions=(
        "Microsoft.ContainerService/locations/*",
        "Microsoft.ContainerService/managedClusters/*",
        "Microsoft.ContainerService/managedclustersnapshots/*",
        "Microsoft.ContainerService/snapshots/*",
        "Microsoft.Resources/deployments/*",
        "Microsoft.Insights/alertRules/*",
        "Microsoft.Resources/subscriptions/resourceGroups/read",
        "Microsoft.Authorization/*/read",
    ),
)
DNS_ZONE_CONTRIBUTOR = Role(
    "befefa01-2a29-4197-83a8-272ff33ce314",
    "DNS Zone Contributor",
    "Lets you manage DNS zones and record sets in Azure DNS, but does not let you control who has access "
    "to them.",
    actions=(
        "Microsoft.Authorization/*/read",
        "Microsoft.Insights/alertRules/*",
        "Microsoft.Network/dnsZones/*",
        "Microsoft.ResourceHealth/availabilityStatuses/read",
        "Microsoft.Resources/deployments/*",
        "Microsoft.Resources/subscriptions/resourceGroups/read",
        "Microsoft.Support/*",
    ),
)

BUILT_IN_ROLES = (
    OWNER,
    CONTRIBUTOR,
    READER,
    ROLE_BASED_ACCESS_CONTROL_ADMINISTRATOR,
    STORAGE_BLOB_DATA_OWNER,
    STORAGE_BLOB_DATA_CONTRIBUTOR,
    STORAGE_BLOB_DATA_READER,
    MANAGED_IDENTITY_OPERATOR,
    KUBERNETES_SERVICE_CONTRIBUTOR,
    DNS_ZONE_CONTRIBUTOR,
)


def role_by_id(definition: str) -> Role | None:
    """Return the built-in role with a definition id, at any scope, or a bare GUID; None if there is none."""
    guid = definition.rstrip("/").rpartition("/")[2].lower()
    return next((role for role in BUILT_IN_ROLES if role.id == guid), None)


def role_by_name(name: str) -> Role:
    """Return the built-in role with a display name.

    Raises:
        KeyError: the sandbox has no such role.

    """
    for role in BUILT_IN_ROLES:
        if role.name.lower() == name.lower():
            return role
    raise KeyError(name)
