"""A hub's place in an Azure container registry: what is asked of Azure, and whether a password works.

One token, limited to this hub's repositories, pushes and pulls; so no role assignment is needed, and the
right Contributor is enough.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
from pydantic import SecretStr

from deployer.names import our_tags

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deployer.azure.clients import AzureClients
    from deployer.names import HubNames
    from deployer.settings import Settings

API_VERSION = "2025-11-01"
REGISTRY_TYPE = "Microsoft.ContainerRegistry/registries"

# A token has two slots for passwords; one is enough, the other is left to people.
PASSWORD_SLOT = "password1"  # noqa: S105 - a slot's name


@dataclass(frozen=True)
class HubRegistry:
    """The registry, scope map and token of one hub: their ids and the bodies that describe them."""

    settings: Settings
    names: HubNames
    azure: AzureClients

    @property
    def registry_id(self) -> str:
        """Id of the registry."""
        return self._id(REGISTRY_TYPE, self.names.registry)

    @property
    def scope_map_id(self) -> str:
        """Id of the scope map."""
        return self._id(f"{REGISTRY_TYPE}/scopeMaps", self.names.registry, self.names.scope_map)

    @property
    def token_id(self) -> str:
        """Id of the token."""
        return self._id(f"{REGISTRY_TYPE}/tokens", self.names.registry, self.names.registry_token)

    def registry(self) -> dict[str, Any]:
        """Describe the registry that is wanted."""
        return {
            "location": self.settings.region,
            "sku": {"name": self.settings.registry_sku},
            "tags": dict(self.names.tags),
            "properties": {
                "adminUserEnabled": False,
                # Attribute-based permissions, becoming the default, ignore roles such as AcrPull.
                "roleAssignmentMode": "LegacyRegistryPermissions",
            },
        }

    def is_ours(self, registry: Mapping[str, Any]) -> bool:
        """Whether a registry carries this hub's tags; another is used as it is, and never made ours."""
        return our_tags(self.names.hub).items() <= (registry.get("tags") or {}).items()

    def scope_map(self) -> dict[str, Any]:
        """Describe what the token may do: push and pull in the hub's own project, nothing else."""
        project = f"repositories/{self.names.registry_project}/*"
        permissions = ("content/read", "content/write", "metadata/read", "metadata/write")
        return {
            "properties": {
                "description": f"Images of the BinderHub {self.names.hub}",
                "actions": [f"{project}/{permission}" for permission in permissions],
            }
        }

    def token(self) -> dict[str, Any]:
        """Describe the token that the hub logs in with."""
        return {"properties": {"scopeMapId": self.scope_map_id, "status": "enabled"}}

    async def make_password(self) -> SecretStr:
        """Make a new password for the token; the one before it stops working."""
        answer = await self.azure.post(
            f"{self.registry_id}/generateCredentials",
            API_VERSION,
            {"tokenId": self.token_id, "name": PASSWORD_SLOT},
        )
        made = next(password for password in answer["passwords"] if password["name"] == PASSWORD_SLOT)
        return SecretStr(made["value"])

    def _id(self, kind: str, *names: str) -> str:
        return self.azure.resource_id(self.settings.resource_group_name, kind, *names)


async def password_works(login_server: str, username: str, password: SecretStr) -> bool:
    """Log in as a container engine does.

    Raises:
        httpx.HTTPError: the registry can't be reached.

    """
    async with httpx.AsyncClient(timeout=30) as client:
        answer = await client.get(
            f"https://{login_server}/oauth2/token",
            params={"service": login_server},
            auth=(username, password.get_secret_value()),
        )
    return answer.is_success


def differs(found: Any, wanted: Any) -> bool:
    """Whether anything wanted is otherwise in Azure, which adds fields of its own and its own letter case."""
    if isinstance(wanted, dict):
        return any(differs((found or {}).get(key), value) for key, value in wanted.items())
    if isinstance(wanted, list):
        return sorted(found or []) != sorted(wanted)
    if isinstance(wanted, str) and isinstance(found, str):
        return found.casefold() != wanted.casefold()
    return bool(found != wanted)
