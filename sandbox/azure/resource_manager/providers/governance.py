"""Microsoft.Authorization: locks, policy definitions and policy assignments."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, ClassVar

from sandbox.azure.resource_manager.core.actions import Action, ActionRequest
from sandbox.azure.resource_manager.core.errors import ArmError, bad_request
from sandbox.azure.resource_manager.core.ids import ResourceId, lies_in
from sandbox.azure.resource_manager.core.locks import CAN_NOT_DELETE, LOCKS, READ_ONLY
from sandbox.azure.resource_manager.core.operations import Operation, Reply, finished
from sandbox.azure.resource_manager.core.policies import ASSIGNMENTS, BUILT_IN, DEFINITIONS, check_definition
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
_BUILT_IN = "/providers/Microsoft.Authorization/policyDefinitions/{name}"


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

    async def put(self, request: PutRequest) -> Operation:
        """Create or replace the definition, which is a custom one."""
        request.properties["policyType"] = "Custom"
        return await super().put(request)

    def not_found(self, resource_id: ResourceId) -> ArmError:
        """Return the error of a definition that does not exist, which has a code of its own."""
        return _definition_not_found(resource_id.name)


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
            raise _definition_not_found(ResourceId.parse(definition_id).name)
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
    """Lists over the scopes above and beneath, and the built-in policy definitions.

    Args:
        services: whose state is listed.

    """

    def __init__(self, services: Services) -> None:
        self._services = services

    def actions(self) -> tuple[Action, ...]:
        """Return the actions, to be installed."""
        # Any principal may read the built-in definitions; azure-cli looks here before it looks in the
        # subscription, and goes on after a 404 only.
        built_in = Action("GET", _BUILT_IN, None, "", self.built_in_definition, POLICY_VERSIONS)
        lists = (
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
        return (built_in, *lists)

    async def built_in_definition(self, request: ActionRequest) -> dict[str, Any]:
        """Return a definition that Azure has everywhere, for `GET /providers/…/policyDefinitions/N`."""
        name = request.arguments["name"].lower()
        if name not in BUILT_IN:
            raise _definition_not_found(request.arguments["name"])
        properties = {"policyType": "BuiltIn", **copy.deepcopy(BUILT_IN[name])}
        resource_id = _BUILT_IN.format(name=name)
        return {"id": resource_id, "type": DEFINITIONS, "name": name, "properties": properties}

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


def _definition_not_found(name: str) -> ArmError:
    return ArmError(404, "PolicyDefinitionNotFound", f"The policy definition '{name}' could not be found.")


def provider(services: Services, _catalog: Catalog) -> Provider:
    """Return the part of Microsoft.Authorization that governs resources."""
    types = (Locks(services), PolicyDefinitions(services), PolicyAssignments(services))
    return Provider("Microsoft.Authorization", types, GovernanceActions(services).actions())
