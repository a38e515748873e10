"""Who may do what: role assignments, their inheritance, and the time until they take effect.

The assignments are resources like any other: what goes with a deleted account or group is revoked by that.
"""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING

from sandbox.azure.resource_manager.core.errors import authorization_failed
from sandbox.azure.resource_manager.core.ids import ResourceId, lies_in
from sandbox.azure.resource_manager.core.state import Resource, timestamp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.azure.resource_manager.core.backends import Principal
    from sandbox.azure.resource_manager.core.roles import Role
    from sandbox.azure.resource_manager.core.state import State

ROLE_ASSIGNMENTS = "Microsoft.Authorization/roleAssignments"
STORAGE_ACCOUNTS = "Microsoft.Storage/storageAccounts"
BLOBS = f"{STORAGE_ACCOUNTS}/blobServices/containers/blobs"


class Rights:
    """All role assignments, asked before anything is done."""

    def __init__(self, state: State) -> None:
        self._state = state

    def assign(
        self, principal: Principal, role: Role, scope: str, *, name: str = "", delay: float = 0
    ) -> Resource:
        """Give a role on a scope's id; it counts after `delay` seconds.

        Args:
            principal: who gets it.
            role: which one.
            scope: a subscription's, group's or resource's id, "" for the whole tenant.
            name: the assignment's GUID, a new one by default.
            delay: seconds.

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
        """Whether a role of the principal allows an action ("Microsoft.X/y/write") on a scope's id."""
        return any(role.allows(action) for role in self.roles_on(principal, scope))

    def allows_data(self, principal: Principal, action: str, scope: str) -> bool:
        """Whether a role of the principal allows a data-plane action on a scope's id."""
        return any(
            role.allows_data(action) for role, held_on in self._roles(principal) if lies_in(scope, held_on)
        )

    def allows_beneath(self, principal: Principal, action: str, scope: str) -> bool:
        """Whether an action is allowed on a scope or anywhere beneath it: how Azure lists subscriptions."""
        return any(
            role.allows(action) and (lies_in(scope, held_on) or lies_in(held_on, scope))
            for role, held_on in self._roles(principal)
        )

    def demand(self, principal: Principal, action: str, scope: str) -> None:
        """Insist on a right.

        Raises:
            ArmError: AuthorizationFailed.

        """
        if not self.allows(principal, action, scope):
            raise authorization_failed(principal, action, scope)

    def data_access(self, principal: Principal, account: str, write: bool) -> bool:  # noqa: FBT001 - asked by the blob endpoints as (principal, account, write)
        """Whether a principal may read (or write) the blobs of the storage account with this name."""
        action = f"{BLOBS}/{'write' if write else 'read'}"
        accounts = [a for a in self._state.of_type(STORAGE_ACCOUNTS) if a.id.name.lower() == account.lower()]
        return any(self.allows_data(principal, action, str(found.id)) for found in accounts)

    def roles_on(self, principal: Principal, scope: str) -> tuple[Role, ...]:
        """The roles that a principal holds on a scope by now, inherited ones included."""
        return tuple(role for role, held_on in self._roles(principal) if lies_in(scope, held_on))

    def _roles(self, principal: Principal) -> Iterator[tuple[Role, str]]:
        """The roles a principal holds by now, each with the scope it holds them on."""
        for assignment in self._state.of_type(ROLE_ASSIGNMENTS):
            mine = assignment.properties["principalId"] == principal.object_id
            if mine and time.monotonic() >= assignment.internals["effective"]:
                yield assignment.internals["role"], assignment.id.scope


_NAMES = ("Microsoft.Authorization", ("roleAssignments",))
