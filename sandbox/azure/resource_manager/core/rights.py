"""Who may do what: role assignments, their inheritance, and the time until they take effect.

Assignments are extension resources: those on a deleted account or group are deleted with it.
"""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING

from sandbox.azure.resource_manager.core.errors import authorization_failed, denied
from sandbox.azure.resource_manager.core.ids import ResourceId, lies_in
from sandbox.azure.resource_manager.core.state import Resource, timestamp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.azure.identity.directory import Principal
    from sandbox.azure.resource_manager.core.roles import Role
    from sandbox.azure.resource_manager.core.state import State

ROLE_ASSIGNMENTS = "Microsoft.Authorization/roleAssignments"
STORAGE_ACCOUNTS = "Microsoft.Storage/storageAccounts"
BLOBS = f"{STORAGE_ACCOUNTS}/blobServices/containers/blobs"


class Rights:
    """The permissions that role assignments add up to.

    Args:
        state: where the assignments are.

    """

    def __init__(self, state: State) -> None:
        self._state = state

    def assign(
        self, principal: Principal, role: Role, scope: str, *, name: str = "", delay: float = 0
    ) -> Resource:
        """Assign a role.

        Args:
            principal: who gets it.
            role: the role.
            scope: id of a subscription, group or resource, "" for the whole tenant.
            name: GUID of the assignment, a new one by default.
            delay: seconds until it takes effect.

        """
        assignment_id = ResourceId(scope.rstrip("/"), *_NAMES, (name or str(uuid.uuid4()),))
        properties = {
            "roleDefinitionId": role.resource_id(assignment_id.subscription or ""),
            "principalId": principal.object_id,
            "principalType": principal.kind,
            "scope": scope or "/",
            "createdOn": timestamp(),
            "updatedOn": timestamp(),
        }
        internals = {"role": role, "effective": time.monotonic() + delay}
        return self._state.store(Resource(assignment_id, {"properties": properties}, internals=internals))

    def allows(self, principal: Principal, action: str, scope: str) -> bool:
        """Return whether a principal may do an action ("Microsoft.X/y/write") on a scope."""
        return any(role.allows(action) for role in self.roles_on(principal, scope))

    def allows_data(self, principal: Principal, action: str, scope: str) -> bool:
        """Return whether a principal may do a data-plane action on a scope."""
        return any(
            role.allows_data(action)
            for role, assigned_on in self._roles(principal)
            if lies_in(scope, assigned_on)
        )

    def allows_beneath(self, principal: Principal, action: str, scope: str) -> bool:
        """Return whether an action is allowed on a scope or anywhere beneath it."""
        return any(
            role.allows(action) and (lies_in(scope, assigned_on) or lies_in(assigned_on, scope))
            for role, assigned_on in self._roles(principal)
        )

    def demand(self, principal: Principal, action: str, scope: str) -> None:
        """Check that a principal may do an action on a scope.

        Raises:
            ArmError: AuthorizationFailed, or DenyAssignmentAuthorizationFailed.

        """
        if not self.allows(principal, action, scope):
            raise authorization_failed(principal, action, scope)
        group = self._protected_group(scope)
        if group is not None and not action.lower().endswith("/read"):
            raise denied(principal, action, scope, group)

    def data_access(self, principal: Principal, account: str, container: str, *, write: bool) -> bool:
        """Return whether a principal may read (or write) the blobs of a container, or of the account ("")."""
        action = f"{BLOBS}/{'write' if write else 'read'}"
        accounts = [a for a in self._state.of_type(STORAGE_ACCOUNTS) if a.id.name.lower() == account.lower()]
        beneath = f"/blobServices/default/containers/{container}" if container else ""
        return any(self.allows_data(principal, action, f"{found.id}{beneath}") for found in accounts)

    def roles_on(self, principal: Principal, scope: str) -> tuple[Role, ...]:
        """Return the roles in effect that a principal has on a scope, inherited ones included."""
        return tuple(role for role, assigned_on in self._roles(principal) if lies_in(scope, assigned_on))

    def _protected_group(self, scope: str) -> ResourceId | None:
        """Return the node resource group of a scope, if its cluster lets nobody change what is in it."""
        try:
            group_id = ResourceId.parse(scope).group_id
        except ValueError:
            return None
        group = self._state.get(group_id) if group_id is not None else None
        owner = group.document.get("managedBy") if group is not None else None
        cluster = self._state.get(ResourceId.parse(owner)) if owner else None
        profile = (cluster.properties.get("nodeResourceGroupProfile") or {}) if cluster is not None else {}
        return group_id if profile.get("restrictionLevel") == "ReadOnly" else None

    def _roles(self, principal: Principal) -> Iterator[tuple[Role, str]]:
        """Yield the roles in effect of a principal, each with the scope it is assigned on."""
        for assignment in self._state.of_type(ROLE_ASSIGNMENTS):
            mine = assignment.properties["principalId"] == principal.object_id
            if mine and time.monotonic() >= assignment.internals["effective"]:
                yield assignment.internals["role"], assignment.id.scope


_NAMES = ("Microsoft.Authorization", ("roleAssignments",))
