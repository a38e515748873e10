"""Microsoft.ManagedIdentity: user-assigned identities and the outside identities that may act as them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sandbox.azure.resource_manager.core import errors
from sandbox.azure.resource_manager.core.operations import Operation, Reply, finished
from sandbox.azure.resource_manager.core.resource_types import Provider, ResourceType, Write
from sandbox.azure.resource_manager.core.state import Resource

if TYPE_CHECKING:
    from sandbox.azure.resource_manager.core.kernel import Kernel
    from sandbox.azure.resource_manager.core.state import State

IDENTITIES = "Microsoft.ManagedIdentity/userAssignedIdentities"
API_VERSIONS = (
    "2025-05-31-preview",
    "2025-01-31-preview",
    "2024-11-30",
    "2023-01-31",
    "2022-01-31-preview",
    "2018-11-30",
)
MAXIMUM_CREDENTIALS = 20


class UserAssignedIdentities(ResourceType):
    """User-assigned identities: each is a principal of the directory."""

    name = IDENTITIES
    api_versions = API_VERSIONS
    tracked = True

    def check(self, write: Write) -> None:
        """Judge the name."""
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{2,127}", write.id.name):
            raise errors.bad_request(
                "BadRequest",
                f"The resource name '{write.id.name}' is invalid. It must be 3 to 128 characters long, "
                "start with a letter or number, and hold letters, numbers, hyphens and underscores only.",
            )

    async def put(self, write: Write) -> Operation:
        """Make the identity and its principal; again, replace the tags."""
        document = {"location": write.location, "tags": dict(write.body.get("tags") or {})}
        if write.existing is not None:
            write.existing.document |= document
            return finished(Reply(200, self.show(write.existing)), write.existing)
        principal = self.backends.directory.add_managed_identity(write.id.name)
        properties = {
            "tenantId": principal.tenant_id,
            "principalId": principal.object_id,
            "clientId": principal.client_id,
            "isolationScope": write.properties.get("isolationScope", "None"),
        }
        identity = self.state.store(Resource(write.id, {**document, "properties": properties}))
        return finished(Reply(201, self.show(identity)), identity)

    async def unmake(self, resource: Resource) -> None:
        """Take the principal out of the directory; its role assignments stay behind, as in Azure."""
        self.backends.directory.remove(resource.properties["principalId"])


class FederatedIdentityCredentials(ResourceType):
    """Outside identities (a repository's workflow, a service account) that may act as the identity."""

    name = f"{IDENTITIES}/federatedIdentityCredentials"
    api_versions = API_VERSIONS[:5]

    def check(self, write: Write) -> None:
        """Judge issuer, subject and audiences, and that no other credential has the same."""
        missing = [field for field in ("issuer", "subject", "audiences") if not write.properties.get(field)]
        if missing:
            raise errors.bad_request(
                "BadRequest", f"The required property '{missing[0]}' is missing or empty."
            )
        others = [
            each
            for each in self.state.of_type(self.name, str(write.id.parent))
            if each.id.key != write.id.key
        ]
        if any(_subject(each.properties) == _subject(write.properties) for each in others):
            raise errors.conflict(
                "Conflict",
                "Issuer and subject combination already exists for this Managed Identity.",
            )
        if len(others) >= MAXIMUM_CREDENTIALS:
            raise errors.bad_request(
                "BadRequest", f"Too many Federated Identity Credentials: the limit is {MAXIMUM_CREDENTIALS}."
            )

    async def put(self, write: Write) -> Operation:
        """Make the credential, or replace it."""
        properties = {field: write.properties[field] for field in ("issuer", "subject", "audiences")}
        credential = self.state.store(Resource(write.id, {"properties": properties}))
        return finished(Reply(201 if write.existing is None else 200, self.show(credential)), credential)


def federated_credentials(state: State, client_id: str) -> list[dict[str, Any]]:
    """The properties of the federated credentials of the identity with this client id."""
    identities = [each for each in state.of_type(IDENTITIES) if each.properties["clientId"] == client_id]
    found = [state.of_type(FederatedIdentityCredentials.name, str(each.id)) for each in identities]
    return [credential.properties for credentials in found for credential in credentials]


def attached_identities(kernel: Kernel, write: Write) -> dict[str, dict[str, str]]:
    """The user-assigned identities that a body attaches, with principal and client id, by resource id.

    Raises:
        ArmError: one isn't there, or the caller may not attach it.

    """
    attached = {}
    for path in (write.body.get("identity") or {}).get("userAssignedIdentities") or {}:
        kind, identity_id = kernel.resolve(path, write.api_version)
        identity = kernel.state.get(identity_id)
        if identity is None:
            raise errors.bad_request(
                "FailedIdentityOperation",
                f"Identity operation for resource '{write.id}' failed with error 'Failed to perform "
                f"resource identity operation. Status: 'BadRequest'. Response: 'Resource '{path}' was not "
                "found.'.",
            )
        # The right is called with a star in its name; the refusal names it without.
        if not kernel.rights.allows(write.principal, f"{kind.name}/*/assign/action", str(identity.id)):
            wanted, linked = f"{write.id.type}/write", f"{kind.name}/assign/action"
            raise errors.linked_authorization_failed(
                write.principal, wanted, str(write.id), linked, str(identity.id)
            )
        attached[path] = {key: identity.properties[key] for key in ("principalId", "clientId")}
    return attached


def _subject(properties: dict[str, Any]) -> tuple[str, str]:
    return str(properties["issuer"]).lower(), str(properties["subject"])


def provider(kernel: Kernel) -> Provider:
    """Microsoft.ManagedIdentity."""
    types = (UserAssignedIdentities(kernel), FederatedIdentityCredentials(kernel))
    return Provider("Microsoft.ManagedIdentity", types)
