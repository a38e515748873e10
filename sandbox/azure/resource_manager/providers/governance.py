"""Microsoft.Authorization: locks, policy definitions and policy assignments."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, ClassVar

from sandbox.azure.resource_manager.core.actions import Action, ActionRequest
from sandbox.azure.resource_manager.core.errors import ArmError, bad_request
from sandbox.azure.resource_manager.core.ids import ResourceId, lies_in
from sandbox.azure.resource_manager.core.locks import CAN_NOT_DELETE, LOCKS, READ_ONLY
from sandbox.azure.resource_manager.core.operations import Operation, Reply, finished
from sandbox.azure.resource_manager.core.policies import ASSIGNMENTS, DEFINITIONS, check_definition
from sandbox.azure.resource_manager.core.resource_types import Provider, PutRequest, ResourceType
from sandbox.azure.resource_manager.core.state import Resource

if TYPE_CHECKING:
    from sandbox.azure.resource_manager.core.catalog import Catalog
    from sandbox.azure.resource_manager.core.services import Services

LOCK_VERSIONS = ("2020-05-01", "2017-04-01", "2016-09-01", "2015-01-01")
POLICY_VERSIONS = (
    "2025-11-01",
    "2025-03-01",
    "2025-01-01",
    "2024-05-01",
    "2024-04-01",
    "2023-04-01",
    "2022-06-01",
    "2021-06-01",
)
_BENEATH = "{scope}/providers/Microsoft.Authorization"


class _Stored(ResourceType):
    """A type whose resources are what was written."""

    async def put(self, request: PutRequest) -> Operation:
        """Create or replace the resource."""
        document: dict[str, Any] = {"properties": copy.deepcopy(request.properties)}
        resource = self.state.store(Resource(request.id, document))
        return finished(Reply(200 if request.existing else 201, self.show(resource)), resource)


class Locks(_Stored):
    """Locks on a subscription, a group or a resource."""

    name: ClassVar[str] = LOCKS
    api_versions: ClassVar[tuple[str, ...]] = LOCK_VERSIONS

    def check(self, request: PutRequest) -> None:
        """Validate the level."""
        if request.properties.get("level") not in {READ_ONLY, CAN_NOT_DELETE}:
            raise bad_request(
                "InvalidLockLevel", f"The lock level '{request.properties.get('level')}' is invalid."
            )


class PolicyDefinitions(_Stored):
    """Definitions of a subscription."""

    name: ClassVar[str] = DEFINITIONS
    api_versions: ClassVar[tuple[str, ...]] = POLICY_VERSIONS

    def check(self, request: PutRequest) -> None:
        """Validate the rule."""
        check_definition(request.properties)


class PolicyAssignments(_Stored):
    """Assignments to a subscription, a group or a resource."""

    name: ClassVar[str] = ASSIGNMENTS
    api_versions: ClassVar[tuple[str, ...]] = POLICY_VERSIONS

    def check(self, request: PutRequest) -> None:
        """Check that the definition exists, and that its parameters have values."""
        definition_id = str(request.properties.get("policyDefinitionId", ""))
        try:
            found = self.services.policies.definition(definition_id)
        except ValueError:
            found = None
        if found is None:
            message = f"The policy definition '{ResourceId.parse(definition_id).name}' could not be found."
            raise ArmError(404, "PolicyDefinitionNotFound", message)
        declared = found[1].get("parameters") or {}
        given = request.properties.get("parameters") or {}
        missing = [
            name for name, each in declared.items() if "defaultValue" not in each and name not in given
        ]
        if missing:
            message = (
                f"The policy assignment '{request.id.name}' is missing the parameter(s) "
                f"'{', '.join(missing)}' as defined in the policy definition '{found[0].name}'."
            )
            raise bad_request("MissingPolicyParameter", message)


class GovernanceActions:
    """Lists over the scopes above and beneath.

    Args:
        services: whose state is listed.

    """

    def __init__(self, services: Services) -> None:
        self._services = services

    def actions(self) -> tuple[Action, ...]:
        """Return the actions, to be installed."""
        return tuple(
            Action(
                "GET",
                f"{_BENEATH}/{kind}",
                f"Microsoft.Authorization/{kind}/read",
                "{scope}",
                handler,
                versions,
            )
            for kind, handler, versions in (
                ("locks", self.locks, LOCK_VERSIONS),
                ("policyAssignments", self.assignments, POLICY_VERSIONS),
            )
        )

    async def locks(self, request: ActionRequest) -> dict[str, Any]:
        """List locks, for `GET …/locks`."""
        return self._list(LOCKS, request)

    async def assignments(self, request: ActionRequest) -> dict[str, Any]:
        """List policy assignments, for `GET …/policyAssignments`."""
        return self._list(ASSIGNMENTS, request)

    def _list(self, kind: str, request: ActionRequest) -> dict[str, Any]:
        scope = request.arguments["scope"]
        found = [
            each
            for each in self._services.state.of_type(kind)
            if lies_in(scope, each.id.scope) or lies_in(each.id.scope, scope)
        ]
        return {"value": [each.shown() for each in found]}


def provider(services: Services, _catalog: Catalog) -> Provider:
    """Return the part of Microsoft.Authorization that governs resources."""
    types = (Locks(services), PolicyDefinitions(services), PolicyAssignments(services))
    return Provider("Microsoft.Authorization", types, GovernanceActions(services).actions())
