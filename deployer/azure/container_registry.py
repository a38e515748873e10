"""Describes the registry, scope map and token of a hub, and checks whether a password works.

One token, limited to the repositories of this hub, pushes and pulls. So no role assignment is needed, and the
role Contributor is enough.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from deployer.comparison import contains
from deployer.names import our_tags

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deployer.azure.clients import AzureClients
    from deployer.names import HubNames
    from deployer.settings import Settings

API_VERSION = "2025-11-01"
REGISTRY_TYPE = "Microsoft.ContainerRegistry/registries"

# A token has two slots for passwords; the deployer uses one, and leaves the other to people.
PASSWORD_SLOT = "password1"  # noqa: S105 - a slot's name


@dataclass(frozen=True)
class HubRegistry:
    """The ids of the registry, scope map and token of one hub, and the request bodies that describe them."""

    settings: Settings
    names: HubNames
    azure: AzureClients

    @property
    def registry_id(self) -> str:
        """Resource id of the registry."""
        return self._id(REGISTRY_TYPE, self.names.registry)

    @property
    def scope_map_id(self) -> str:
        """Resource id of the scope map."""
        return self._id(f"{REGISTRY_TYPE}/scopeMaps", self.names.registry, self.names.scope_map)

    @property
    def token_id(self) -> str:
        """Resource id of the token."""
        return self._id(f"{REGISTRY_TYPE}/tokens", self.names.registry, self.names.registry_token)

    def registry(self) -> dict[str, Any]:
        """Describe the registry."""
        return {
            "location": self.settings.region,
            "sku": {"name": self.settings.registry_sku},
            "tags": dict(self.names.tags),
            "properties": {
                "adminUserEnabled": False,
                # Attribute-based permissions, which are becoming the default, ignore roles such as AcrPull.
                "roleAssignmentMode": "LegacyRegistryPermissions",
            },
        }

    def is_ours(self, registry: Mapping[str, Any]) -> bool:
        """Return whether a registry carries the tags of this hub; any other is used without changes."""
        return our_tags(self.names.hub).items() <= (registry.get("tags") or {}).items()

    def scope_map(self) -> dict[str, Any]:
        """Describe the rights of the token: push and pull in the project of the hub, nothing else."""
        project = f"repositories/{self.names.registry_project}/*"
        permissions = ("content/read", "content/write", "metadata/read", "metadata/write")
        return {
            "properties": {
                "description": f"Images of the BinderHub {self.names.hub}",
                "actions": [f"{project}/{permission}" for permission in permissions],
            }
        }

    def token(self) -> dict[str, Any]:
        """Describe the token that the hub uses to log in."""
        return {"properties": {"scopeMapId": self.scope_map_id, "status": "enabled"}}

    async def create_password(self) -> SecretStr:
        """Create a password for the token; the previous one stops working."""
        answer = await self.azure.post(
            f"{self.registry_id}/generateCredentials",
            API_VERSION,
            {"tokenId": self.token_id, "name": PASSWORD_SLOT},
        )
        created = next(password for password in answer["passwords"] if password["name"] == PASSWORD_SLOT)
        return SecretStr(created["value"])

    def _id(self, kind: str, *names: str) -> str:
        return self.azure.resource_id(self.settings.resource_group_name, kind, *names)


async def password_works(login_server: str, username: str, password: SecretStr) -> bool:
    """Return whether a container engine could log in with this password.

    Raises:
        httpx.HTTPError: the registry cannot be reached.

    """
    import httpx

    async with httpx.AsyncClient(timeout=30) as client:
        answer = await client.get(
            f"https://{login_server}/oauth2/token",
            params={"service": login_server},
            auth=(username, password.get_secret_value()),
        )
    return answer.is_success


def is_as_wanted(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Return whether a resource has everything that is wanted, whatever its case and order."""
    return contains(found, wanted, ignore_case=True, ignore_order=True)
