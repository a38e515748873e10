"""Resource locks: scopes that can be neither deleted nor, if the lock says so, changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.azure.resource_manager.core.errors import ArmError
from sandbox.azure.resource_manager.core.ids import lies_in

if TYPE_CHECKING:
    from sandbox.azure.resource_manager.core.state import State

LOCKS = "Microsoft.Authorization/locks"
READ_ONLY, CAN_NOT_DELETE = "ReadOnly", "CanNotDelete"


class Locks:
    """All locks.

    Args:
        state: where they are kept, as resources.

    """

    def __init__(self, state: State) -> None:
        self._state = state

    def check(self, scope: str, verb: str) -> None:
        """Check that no lock forbids a request on a scope.

        A lock holds for everything beneath its scope. A POST is a change to Azure, so that a read-only lock
        forbids to list credentials. What contains something locked cannot be deleted either.

        Args:
            scope: the id of the resource.
            verb: "write", "delete" or "action".

        Raises:
            ArmError: ScopeLocked.

        """
        if f"/providers/{LOCKS}/".lower() in scope.lower():
            return
        locked = [
            lock.id.scope
            for lock in self._state.of_type(LOCKS)
            if (lock.properties["level"] == READ_ONLY or verb == "delete")
            and (lies_in(scope, lock.id.scope) or (verb == "delete" and lies_in(lock.id.scope, scope)))
        ]
        if locked:
            operation = "delete" if verb == "delete" else "write"
            raise ArmError(
                409,
                "ScopeLocked",
                f"The scope '{scope}' cannot perform {operation} operation because following scope(s) are "
                f"locked: '{','.join(dict.fromkeys(locked))}'. Please remove the lock and try again.",
            )
