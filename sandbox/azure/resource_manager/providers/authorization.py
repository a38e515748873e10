"""Microsoft.Authorization: role assignments and definitions, and the permissions they add up to."""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING, Any

from sandbox.azure.resource_manager.core import errors
from sandbox.azure.resource_manager.core.errors import ArmError
from sandbox.azure.resource_manager.core.ids import ResourceId, lies_in
from sandbox.azure.resource_manager.core.locks import LEVELS, LOCKS
from sandbox.azure.resource_manager.core.operations import Operation, Reply, finished
from sandbox.azure.resource_manager.core.resource_types import Call, Function, Provider, ResourceType, Write
from sandbox.azure.resource_manager.core.rights import ROLE_ASSIGNMENTS
from sandbox.azure.resource_manager.core.roles import BUILT_IN_ROLES, role_by_id
from sandbox.azure.resource_manager.core.state import Resource

if TYPE_CHECKING:
    from sandbox.azure.resource_manager.core.kernel import Kernel

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
    """Role assignments; they take effect a while after they are made."""

    name = ROLE_ASSIGNMENTS
    api_versions = API_VERSIONS

    def check(self, write: Write) -> None:
        """Judge an assignment as Azure does: its id, its principal, its role, and those that exist."""
        self._check_id_and_scope(write)
        definition = str(write.properties.get("roleDefinitionId", ""))
        if role_by_id(definition) is None:
            message = (
                f"The specified role definition with ID '{definition.rpartition('/')[2]}' does not exist."
            )
            raise ArmError(404, "RoleDefinitionDoesNotExist", message)
        if write.existing is not None:
            self._check_unchanged(write, write.existing)
        else:
            self._check_principal(write)
            self._check_new(write)

    async def put(self, write: Write) -> Operation:
        """Give the role; the same assignment again changes nothing."""
        if write.existing is not None:
            return finished(Reply(200, self.show(write.existing)), write.existing)
        principal = self.backends.directory.by_object_id(str(write.properties["principalId"]))
        role = role_by_id(str(write.properties["roleDefinitionId"]))
        if principal is None or role is None:
            raise self._principal_not_found(write)
        delay = self.backends.clock.seconds("role_assignment.propagation")
        assignment = self.kernel.rights.assign(
            principal, role, write.id.scope, name=write.id.name, delay=delay
        )
        assignment.properties.update(
            createdBy=write.principal.object_id,
            updatedBy=write.principal.object_id,
            condition=None,
            conditionVersion=None,
            delegatedManagedIdentityResourceId=None,
            description=write.properties.get("description"),
        )
        return finished(Reply(201, self.show(assignment)), assignment)

    async def delete(self, resource: Resource, api_version: str) -> Operation:
        """Take the role away; the answer shows what it was."""
        await super().delete(resource, api_version)
        return finished(Reply(200, self.show(resource)))

    def _check_id_and_scope(self, write: Write) -> None:
        try:
            uuid.UUID(write.id.name)
        except ValueError:
            message = (
                f"The role assignment ID '{write.id.name}' is not valid. The role assignment ID must be a "
                "GUID."
            )
            raise errors.bad_request("InvalidRoleAssignmentId", message) from None
        try:
            scope = ResourceId.parse(write.id.scope)
        except ValueError:
            return
        if len(scope.names) > 1 and self.state.get(scope) is None:
            raise errors.resource_not_found(scope)

    def _check_principal(self, write: Write) -> None:
        principal = self.backends.directory.by_object_id(str(write.properties.get("principalId", "")))
        stated = write.properties.get("principalType")
        if principal is None:
            raise self._principal_not_found(write)
        if stated is not None and stated != principal.kind:
            raise errors.bad_request(
                "UnmatchedPrincipalType",
                f"The PrincipalId '{principal.object_id.replace('-', '')}' has type '{principal.kind}' , "
                f"which is different from specified PrinciaplType '{stated}'.",
            )

    def _principal_not_found(self, write: Write) -> ArmError:
        principal = str(write.properties.get("principalId", "")).replace("-", "")
        return errors.bad_request(
            "PrincipalNotFound",
            f"Principal {principal} does not exist in the directory {self.backends.directory.tenant_id}. "
            "Check that you have the correct principal ID. If you are creating this principal and then "
            "immediately assigning a role, this error might be related to a replication delay. In this "
            "case, set the role assignment principalType property to a value, such as ServicePrincipal, "
            "User, or Group.  See https://aka.ms/docs-principaltype",
        )

    def _check_unchanged(self, write: Write, existing: Resource) -> None:
        if _what(write.properties) != _what(existing.properties):
            raise errors.bad_request(
                "RoleAssignmentUpdateNotPermitted",
                "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.",
            )

    def _check_new(self, write: Write) -> None:
        for other in self.state.of_type(ROLE_ASSIGNMENTS):
            same_scope = other.id.scope.lower() == write.id.scope.lower()
            if same_scope and _what(other.properties) == _what(write.properties):
                raise errors.conflict(
                    "RoleAssignmentExists",
                    "The role assignment already exists. The ID of the existing role assignment is "
                    f"{other.id.name.replace('-', '')}.",
                )


class Locks(ResourceType):
    """Management locks on a subscription, a group or a resource."""

    name = LOCKS
    api_versions = ("2020-05-01", "2017-04-01", "2016-09-01")

    def check(self, write: Write) -> None:
        """Judge the level."""
        level = write.properties.get("level")
        if level not in LEVELS:
            raise errors.bad_request(
                "LockLevelInvalid",
                f"The lock level '{level}' is invalid. The supported levels are '{','.join(LEVELS)}'.",
            )

    async def put(self, write: Write) -> Operation:
        """Set the lock."""
        properties = {key: write.properties[key] for key in ("level", "notes") if write.properties.get(key)}
        lock = self.state.store(Resource(write.id, {"properties": properties}))
        return finished(Reply(201 if write.existing is None else 200, self.show(lock)), lock)


def _what(properties: dict[str, Any]) -> tuple[str, str]:
    """Principal and role of an assignment: what makes two of them the same on one scope."""
    role = str(properties.get("roleDefinitionId", "")).rpartition("/")[2]
    return str(properties.get("principalId", "")).lower(), role.lower()


class AuthorizationFunctions:
    """Lists that look up and down the scopes."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel

    def functions(self) -> tuple[Function, ...]:
        """The functions, for the kernel's list."""
        kind = "Microsoft.Authorization/roleAssignments/read"
        definitions = "Microsoft.Authorization/roleDefinitions/read"
        one = f"{_BENEATH}/roleDefinitions/{{definition}}"
        return (
            Function("GET", f"{_BENEATH}/roleAssignments", kind, "{scope}", self.assignments, API_VERSIONS),
            Function(
                "GET",
                f"{_BENEATH}/roleDefinitions",
                definitions,
                "{scope}",
                self.definitions,
                DEFINITION_VERSIONS,
            ),
            Function("GET", one, definitions, "{scope}", self.definition, DEFINITION_VERSIONS),
            Function("GET", f"{_BENEATH}/permissions", None, "{scope}", self.permissions),
        )

    async def assignments(self, call: Call) -> dict[str, Any]:
        """The assignments on a scope, above it and, unless `atScope()` is asked, beneath it."""
        scope, wanted = call.arguments["scope"], call.query.get("$filter", "")
        person = re.search(r"(?:principalId eq|assignedTo\()\s*'([^']+)'", wanted)
        found = [
            each
            for each in self._kernel.state.of_type(ROLE_ASSIGNMENTS)
            if lies_in(scope, each.id.scope)
            or ("atscope()" not in wanted.lower() and lies_in(each.id.scope, scope))
        ]
        return {"value": [a.shown() for a in found if not person or a.properties["principalId"] == person[1]]}

    async def definitions(self, call: Call) -> dict[str, Any]:
        """The built-in roles, by `roleName eq '…'` if asked."""
        wanted = re.search(r"roleName eq '([^']+)'", call.query.get("$filter", ""))
        roles = [role for role in BUILT_IN_ROLES if not wanted or role.name.lower() == wanted[1].lower()]
        return {"value": [role.shown(_subscription(call)) for role in roles]}

    async def definition(self, call: Call) -> dict[str, Any]:
        """One role."""
        role = role_by_id(call.arguments["definition"])
        if role is None:
            message = (
                f"The specified role definition with ID '{call.arguments['definition']}' does not exist."
            )
            raise ArmError(404, "RoleDefinitionDoesNotExist", message)
        return role.shown(_subscription(call))

    async def permissions(self, call: Call) -> dict[str, Any]:
        """What the caller's roles on a scope allow; everybody may ask that of themselves."""
        roles = self._kernel.rights.roles_on(call.principal, call.arguments["scope"])
        shown = [role.shown("")["properties"]["permissions"][0] for role in roles]
        return {"value": [{field: permission[field] for field in _PERMISSION_FIELDS} for permission in shown]}


def _subscription(call: Call) -> str:
    return call.arguments["scope"].strip("/").split("/")[1] if call.arguments["scope"] else ""


def provider(kernel: Kernel) -> Provider:
    """Microsoft.Authorization."""
    return Provider(
        "Microsoft.Authorization",
        (RoleAssignments(kernel), Locks(kernel)),
        AuthorizationFunctions(kernel).functions(),
    )
