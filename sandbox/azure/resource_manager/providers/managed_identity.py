"""Microsoft.ManagedIdentity: user-assigned identities, and their federated credentials."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sandbox.azure.resource_manager.core import errors
from sandbox.azure.resource_manager.core.operations import Operation, Reply, finished
from sandbox.azure.resource_manager.core.resource_types import Provider, PutRequest, ResourceType
from sandbox.azure.resource_manager.core.state import Resource

if TYPE_CHECKING:
    from sandbox.azure.resource_manager.core.catalog import Catalog
    from sandbox.azure.resource_manager.core.services import Services
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
    """User-assigned identities, each of which is a principal of the directory."""

    name = IDENTITIES
    api_versions = API_VERSIONS
    tracked = True

    def check(self, request: PutRequest) -> None:
        """Validate the name."""
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{2,127}", request.id.name):
            raise errors.bad_request(
                "BadRequest",
                f"The resource name '{request.id.name}' is invalid. It must be 3 to 128 characters long, "
                "start with a letter or number, and hold letters, numbers, hyphens and underscores only.",
            )

    async def put(self, request: PutRequest) -> Operation:
        """Create the identity and its principal, or replace the tags."""
        document = {"location": request.location, "tags": dict(request.body.get("tags") or {})}
        if request.existing is not None:
            request.existing.document |= document
            return finished(Reply(200, self.show(request.existing)), request.existing)
        principal = self.services.directory.add_managed_identity(request.id.name)
        properties = {
            "tenantId": principal.tenant_id,
            "principalId": principal.object_id,
            "clientId": principal.client_id,
            "isolationScope": request.properties.get("isolationScope", "None"),
        }
        identity = self.state.store(Resource(request.id, {**document, "properties": properties}))
        return finished(Reply(201, self.show(identity)), identity)

    async def deprovision(self, resource: Resource) -> None:
        """Remove the principal from the directory; its role assignments stay, as in Azure."""
        self.services.directory.remove(resource.properties["principalId"])


class FederatedIdentityCredentials(ResourceType):
    """External identities (a workflow, a service account) that may act as the identity."""

    name = f"{IDENTITIES}/federatedIdentityCredentials"
    api_versions = API_VERSIONS[:5]

    def check(self, request: PutRequest) -> None:
        """Validate issuer, subject and audiences, and that no other credential has the same subject."""
        missing = [field for field in ("issuer", "subject", "audiences") if not request.properties.get(field)]
        if missing:
            raise errors.bad_request(
                "BadRequest", f"The required property '{missing[0]}' is missing or empty."
            )
        others = [
            each
            for each in self.state.of_type(self.name, str(request.id.parent))
            if each.id.key != request.id.key
        ]
        if any(_subject(each.properties) == _subject(request.properties) for each in others):
            raise errors.conflict(
                "Conflict",
                "Issuer and subject combination already exists for this Managed Identity.",
            )
        if len(others) >= MAXIMUM_CREDENTIALS:
            raise errors.bad_request(
                "BadRequest", f"Too many Federated Identity Credentials: the limit is {MAXIMUM_CREDENTIALS}."
            )

    async def put(self, request: PutRequest) -> Operation:
        """Create or replace the credential."""
        properties = {field: request.properties[field] for field in ("issuer", "subject", "audiences")}
        credential = self.state.store(Resource(request.id, {"properties": properties}))
        return finished(Reply(201 if request.existing is None else 200, self.show(credential)), credential)


def federated_credentials(state: State, client_id: str) -> list[dict[str, Any]]:
    """Return the properties of the federated credentials of the identity with a client id."""
    identities = [each for each in state.of_type(IDENTITIES) if each.properties["clientId"] == client_id]
    found = [state.of_type(FederatedIdentityCredentials.name, str(each.id)) for each in identities]
    return [credential.properties for credentials in found for credential in credentials]


def attached_identities(
    services: Services, catalog: Catalog, request: PutRequest
) -> dict[str, dict[str, str]]:
    """Return the user-assigned identities that a body attaches: resource id -> principal and client id.

    Raises:
        ArmError: an identity does not exist, or the caller may not attach it.

    """
    attached = {}
    for path in (request.body.get("identity") or {}).get("userAssignedIdentities") or {}:
        kind, identity_id = catalog.resolve(path, request.api_version)
        identity = services.state.get(identity_id)
        if identity is None:
            raise errors.bad_request(
                "FailedIdentityOperation",
                f"Identity operation for resource '{request.id}' failed with error 'Failed to perform "
                f"resource identity operation. Status: 'BadRequest'. Response: 'Resource '{path}' was not "
                "found.'.",
            )
        # The permission has a star in its name; the error names it without.
        if not services.rights.allows(request.principal, f"{kind.name}/*/assign/action", str(identity.id)):
            wanted, linked = f"{request.id.type}/write", f"{kind.name}/assign/action"
            raise errors.linked_authorization_failed(
                request.principal, wanted, str(request.id), linked, str(identity.id)
            )
        attached[path] = {key: identity.properties[key] for key in ("principalId", "clientId")}
    return attached


def _subject(properties: dict[str, Any]) -> tuple[str, str]:
    return str(properties["issuer"]).lower(), str(properties["subject"])


def provider(services: Services, _catalog: Catalog) -> Provider:
    """Return the provider Microsoft.ManagedIdentity."""
    types = (UserAssignedIdentities(services), FederatedIdentityCredentials(services))
    return Provider("Microsoft.ManagedIdentity", types)
