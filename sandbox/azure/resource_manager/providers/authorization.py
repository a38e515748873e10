"""Microsoft.Authorization: role assignments, role definitions, permissions of a caller, and locks."""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING, Any

from sandbox.azure.resource_manager.core import errors
from sandbox.azure.resource_manager.core.actions import Action, ActionRequest
from sandbox.azure.resource_manager.core.errors import ArmError
from sandbox.azure.resource_manager.core.ids import ResourceId, lies_in
from sandbox.azure.resource_manager.core.operations import Operation, Reply, finished
from sandbox.azure.resource_manager.core.resource_types import Provider, PutRequest, ResourceType
from sandbox.azure.resource_manager.core.rights import ROLE_ASSIGNMENTS
from sandbox.azure.resource_manager.core.roles import BUILT_IN_ROLES, role_by_id

if TYPE_CHECKING:
    from sandbox.azure.resource_manager.core.catalog import Catalog
    from sandbox.azure.resource_manager.core.services import Services
    from sandbox.azure.resource_manager.core.state import Resource

API_VERSIONS = (
    "2022-04-01",
    "2020-10-01-preview",
    "2020-08-01-preview",
    "2020-04-01-preview",
    "2018-01-01-preview",
)
DEFINITION_VERSIONS = ("2022-05-01-preview", "2022-04-01", "2018-01-01-preview", "2015-07-01")
_BENEATH = "{scope}/providers/Microsoft.Authorization"
_PERMISSION_FIELDS = ("actions", "notActions", "dataActions", "notDataActions")


class RoleAssignments(ResourceType):
    """Role assignments, which take effect a while after they are created."""

    name = ROLE_ASSIGNMENTS
    api_versions = API_VERSIONS

    def check(self, request: PutRequest) -> None:
        """Validate id, role and principal, and that no other assignment is the same."""
        self._check_id_and_scope(request)
        definition = str(request.properties.get("roleDefinitionId", ""))
        if role_by_id(definition) is None:
            message = (
                f"The specified role definition with ID '{definition.rpartition('/')[2]}' does not exist."
            )
            raise ArmError(404, "RoleDefinitionDoesNotExist", message)
        if request.existing is not None:
            self._check_unchanged(request, request.existing)
        else:
            self._check_principal(request)
            self._check_new(request)

    async def put(self, request: PutRequest) -> Operation:
        """Assign the role; the same assignment again changes nothing."""
        if request.existing is not None:
            return finished(Reply(200, self.show(request.existing)), request.existing)
        principal = self.services.directory.by_object_id(str(request.properties["principalId"]))
        role = role_by_id(str(request.properties["roleDefinitionId"]))
        if principal is None or role is None:
            raise self._principal_not_found(request)
        delay = self.services.clock.seconds("role_assignment.propagation")
        assignment = self.services.rights.assign(
            principal, role, request.id.scope, name=request.id.name, delay=delay
        )
        assignment.properties.update(
            createdBy=request.principal.object_id,
            updatedBy=request.principal.object_id,
            condition=None,
            conditionVersion=None,
            delegatedManagedIdentityResourceId=None,
            description=request.properties.get("description"),
        )
        return finished(Reply(201, self.show(assignment)), assignment)

    async def delete(self, resource: Resource, api_version: str) -> Operation:
        """Delete the assignment; the reply shows it."""
        await super().delete(resource, api_version)
        return finished(Reply(200, self.show(resource)))

    def _check_id_and_scope(self, request: PutRequest) -> None:
        try:
            uuid.UUID(request.id.name)
        except ValueError:
            message = (
                f"The role assignment ID '{request.id.name}' is not valid. The role assignment ID must be a "
                "GUID."
            )
            raise errors.bad_request("InvalidRoleAssignmentId", message) from None
        try:
            scope = ResourceId.parse(request.id.scope)
        except ValueError:
            return
        if scope.names != (scope.subscription,) and self.state.get(scope) is None:
            raise errors.resource_not_found(scope)

    def _check_principal(self, request: PutRequest) -> None:
        principal = self.services.directory.by_object_id(str(request.properties.get("principalId", "")))
        stated = request.properties.get("principalType")
        if principal is None:
            raise self._principal_not_found(request)
        if stated is not None and stated != principal.kind:
            raise errors.bad_request(
                "UnmatchedPrincipalType",
                f"The PrincipalId '{principal.object_id.replace('-', '')}' has type '{principal.kind}' , "
                f"which is different from specified PrinciaplType '{stated}'.",
            )

    def _principal_not_found(self, request: PutRequest) -> ArmError:
        principal = str(request.properties.get("principalId", "")).replace("-", "")
        return errors.bad_request(
            "PrincipalNotFound",
            f"Principal {principal} does not exist in the directory {self.services.directory.tenant_id}. "
            "Check that you have the correct principal ID. If you are creating this principal and then "
            "immediately assigning a role, this error might be related to a replication delay. In this "
            "case, set the role assignment principalType property to a value, such as ServicePrincipal, "
            "User, or Group.  See https://aka.ms/docs-principaltype",
        )

    def _check_unchanged(self, request: PutRequest, existing: Resource) -> None:
        if _role_of_principal(request.properties) != _role_of_principal(existing.properties):
            raise errors.bad_request(
                "RoleAssignmentUpdateNotPermitted",
                "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.",
            )

    def _check_new(self, request: PutRequest) -> None:
        for other in self.state.of_type(ROLE_ASSIGNMENTS):
            same_scope = other.id.scope.lower() == request.id.scope.lower()
            if same_scope and _role_of_principal(other.properties) == _role_of_principal(request.properties):
                raise errors.conflict(
                    "RoleAssignmentExists",
                    "The role assignment already exists. The ID of the existing role assignment is "
                    f"{other.id.name.replace('-', '')}.",
                )


def _role_of_principal(properties: dict[str, Any]) -> tuple[str, str]:
    """Return principal and role, by which two assignments on one scope are the same."""
    role = str(properties.get("roleDefinitionId", "")).rpartition("/")[2]
    return str(properties.get("principalId", "")).lower(), role.lower()


class AuthorizationActions:
    """Reads of assignments, definitions and permissions at any scope.

    Args:
        services: what the actions work with.

    """

    def __init__(self, services: Services) -> None:
        self._services = services

    def actions(self) -> tuple[Action, ...]:
        """Return the actions, to be installed."""
        kind = "Microsoft.Authorization/roleAssignments/read"
        definitions = "Microsoft.Authorization/roleDefinitions/read"
        one = f"{_BENEATH}/roleDefinitions/{{definition}}"
        return (
            Action("GET", f"{_BENEATH}/roleAssignments", kind, "{scope}", self.assignments, API_VERSIONS),
            Action(
                "GET",
                f"{_BENEATH}/roleDefinitions",
                definitions,
                "{scope}",
                self.definitions,
                DEFINITION_VERSIONS,
            ),
            Action("GET", one, definitions, "{scope}", self.definition, DEFINITION_VERSIONS),
            Action("GET", f"{_BENEATH}/permissions", None, "{scope}", self.permissions),
        )

    async def assignments(self, request: ActionRequest) -> dict[str, Any]:
        """List the assignments on a scope, above it and, unless `atScope()` is asked, beneath it."""
        scope, wanted = request.arguments["scope"], request.query.get("$filter", "")
        person = re.search(r"(?:principalId eq|assignedTo\()\s*'([^']+)'", wanted)
        found = [
            each
            for each in self._services.state.of_type(ROLE_ASSIGNMENTS)
            if lies_in(scope, each.id.scope)
            or ("atscope()" not in wanted.lower() and lies_in(each.id.scope, scope))
        ]
        return {"value": [a.shown() for a in found if not person or a.properties["principalId"] == person[1]]}

    async def definitions(self, request: ActionRequest) -> dict[str, Any]:
        """List the built-in roles, filtered by `roleName eq '…'`."""
        wanted = re.search(r"roleName eq '([^']+)'", request.query.get("$filter", ""))
        roles = [role for role in BUILT_IN_ROLES if not wanted or role.name.lower() == wanted[1].lower()]
        return {"value": [role.shown(_subscription(request)) for role in roles]}

    async def definition(self, request: ActionRequest) -> dict[str, Any]:
        """Return a role."""
        role = role_by_id(request.arguments["definition"])
        if role is None:
            message = (
                f"The specified role definition with ID '{request.arguments['definition']}' does not exist."
            )
            raise ArmError(404, "RoleDefinitionDoesNotExist", message)
        return role.shown(_subscription(request))

    async def permissions(self, request: ActionRequest) -> dict[str, Any]:
        """List what the roles of the caller allow on a scope, for which no permission is needed."""
        roles = self._services.rights.roles_on(request.principal, request.arguments["scope"])
        shown = [role.shown("")["properties"]["permissions"][0] for role in roles]
        return {"value": [{field: permission[field] for field in _PERMISSION_FIELDS} for permission in shown]}


def _subscription(request: ActionRequest) -> str:
    return request.arguments["scope"].strip("/").split("/")[1] if request.arguments["scope"] else ""


def provider(services: Services, _catalog: Catalog) -> Provider:
    """Return the provider Microsoft.Authorization."""
    actions = AuthorizationActions(services).actions()
    return Provider("Microsoft.Authorization", (RoleAssignments(services),), actions)
