"""Describes the registry of a hub with its tokens and their scope maps, and tries passwords.

Two tokens are limited to the repositories of this hub: the builder pushes with one, the cluster pulls with
the other. So no role assignment is needed, and the role Contributor is enough.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from deployer.comparison import contains, merged_tags
from deployer.names import carries_our_tags

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    import httpx

    from deployer.azure.clients import AzureClients
    from deployer.names import HubNames
    from deployer.settings import Settings

API_VERSION = "2025-11-01"
REGISTRY_TYPE = "Microsoft.ContainerRegistry/registries"

LONGEST_REASON = 200
PULL = ("content/read", "metadata/read")
PUSH = (*PULL, "content/write", "metadata/write")


@dataclass(frozen=True)
class RegistryToken:
    """A token of the registry, with its scope map.

    Attributes:
        name: of both, also the user name.
        permissions: for the repositories of the hub.

    """

    name: str
    permissions: tuple[str, ...]


@dataclass(frozen=True)
class LoginRefusal:
    """Why a registry refused a login.

    Attributes:
        status: of its answer; None if there was no answer.
        reason: code and message of the registry.

    """

    status: int | None
    reason: str

    @property
    def is_of_the_password(self) -> bool:
        """Whether user name or password are wrong, which a new password mends."""
        return self.status == HTTPStatus.UNAUTHORIZED

    @property
    def is_lasting(self) -> bool:
        """Whether the registry refuses whatever the password is: its network rules forbid it."""
        return self.status == HTTPStatus.FORBIDDEN


@dataclass(frozen=True)
class HubRegistry:
    """The ids of the registry of one hub and of its tokens, and the request bodies that describe them."""

    settings: Settings
    names: HubNames
    azure: AzureClients

    @property
    def registry_id(self) -> str:
        """Resource id of the registry."""
        return self._id(REGISTRY_TYPE, self.names.registry)

    @property
    def push_token(self) -> RegistryToken:
        """The token of the builder, with which BinderHub also looks whether an image exists."""
        return RegistryToken(self.names.registry_token, PUSH)

    @property
    def pull_token(self) -> RegistryToken:
        """The token of the cluster."""
        return RegistryToken(self.names.pull_token, PULL)

    def scope_map_id(self, token: RegistryToken) -> str:
        """Resource id of the scope map of a token."""
        return self._id(f"{REGISTRY_TYPE}/scopeMaps", self.names.registry, token.name)

    def token_id(self, token: RegistryToken) -> str:
        """Resource id of a token."""
        return self._id(f"{REGISTRY_TYPE}/tokens", self.names.registry, token.name)

    def registry(self, found: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Describe the registry, with the tags that others gave to the one that was found."""
        return {
            "location": self.settings.region,
            "sku": {"name": self.settings.registry_sku},
            "tags": merged_tags((found or {}).get("tags"), self.names.tags),
            "properties": {
                "adminUserEnabled": False,
                # Attribute-based permissions, which are becoming the default, ignore roles such as AcrPull.
                "roleAssignmentMode": "LegacyRegistryPermissions",
            },
        }

    def is_ours(self, registry: Mapping[str, Any]) -> bool:
        """Return whether a registry carries the tags of this hub; any other is used without changes."""
        return carries_our_tags(registry.get("tags"), self.names.hub)

    def scope_map(self, token: RegistryToken) -> dict[str, Any]:
        """Describe the rights of a token: in the project of the hub, nothing else."""
        project = f"repositories/{self.names.registry_project}/*"
        return {
            "properties": {
                "description": f"Images of the BinderHub {self.names.hub}",
                "actions": [f"{project}/{permission}" for permission in token.permissions],
            }
        }

    def token(self, token: RegistryToken) -> dict[str, Any]:
        """Describe a token that the hub uses to log in."""
        return {"properties": {"scopeMapId": self.scope_map_id(token), "status": "enabled"}}

    async def create_password(self, token: RegistryToken, slot: str, expires: datetime) -> SecretStr:
        """Create a password for a token; the one that was in this slot stops working.

        Args:
            token: of the registry.
            slot: `password1` or `password2`.
            expires: when the password stops working, with its time zone.

        """
        answer = await self.azure.post(
            f"{self.registry_id}/generateCredentials",
            API_VERSION,
            {"tokenId": self.token_id(token), "name": slot, "expiry": expires.isoformat(timespec="seconds")},
        )
        created = next(password for password in answer["passwords"] if password["name"] == slot)
        return SecretStr(created["value"])

    def _id(self, kind: str, *names: str) -> str:
        return self.azure.resource_id(self.settings.resource_group_name, kind, *names)


async def try_login(login_server: str, username: str, password: SecretStr) -> LoginRefusal | None:
    """Log in as a container engine does; return why the registry refuses it, None if it does not."""
    import httpx

    try:
        async with httpx.AsyncClient(timeout=30) as client:
            answer = await client.get(
                f"https://{login_server}/oauth2/token",
                params={"service": login_server},
                auth=(username, password.get_secret_value()),
            )
    except httpx.HTTPError as error:
        # The host name may be younger than what resolvers have cached.
        return LoginRefusal(None, f"it cannot be reached ({type(error).__name__}: {error})")
    return None if answer.is_success else LoginRefusal(answer.status_code, _reason(answer))


def _reason(answer: httpx.Response) -> str:
    """Return the error of the registry's protocol (OCI distribution specification, error codes)."""
    try:
        error = answer.json()["errors"][0]
        return f"{error['code']}: {error['message']}"[:LONGEST_REASON].rstrip(".")
    except (ValueError, LookupError, TypeError):
        return f"status {answer.status_code}"


def is_as_wanted(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Return whether a resource has everything that is wanted, in any order and case; tags have a case."""
    same_tags = "tags" not in wanted or contains(found.get("tags"), wanted["tags"])
    return same_tags and contains(found, wanted, ignore_case=True, ignore_order=True)
