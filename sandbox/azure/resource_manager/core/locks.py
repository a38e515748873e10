"""Management locks, which hold for everybody, Owners included.

`CanNotDelete` keeps what lies at or beneath its scope from being deleted, `ReadOnly` from being changed too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.azure.resource_manager.core.errors import conflict
from sandbox.azure.resource_manager.core.ids import lies_in

if TYPE_CHECKING:
    from sandbox.azure.resource_manager.core.ids import ResourceId
    from sandbox.azure.resource_manager.core.state import State

LOCKS = "Microsoft.Authorization/locks"
READ_ONLY = "ReadOnly"
LEVELS = ("CanNotDelete", READ_ONLY)


def check_locks(state: State, target: ResourceId, verb: str) -> None:
    """Hold a request to the locks.

    Args:
        state: what exists.
        target: what is to be read, changed or deleted.
        verb: "read", "write" or "delete".

    Raises:
        ArmError: ScopeLocked.

    """
    if verb == "read" or target.type == LOCKS:
        return
    scopes = [lock.id.scope for lock in state.of_type(LOCKS) if _forbids(lock.properties["level"], verb)]
    # What lies beneath goes with a group: a lock there keeps the group.
    locked = [
        scope
        for scope in scopes
        if lies_in(str(target), scope) or (verb == "delete" and lies_in(scope, str(target)))
    ]
    if locked:
        raise conflict(
            "ScopeLocked",
            f"The scope '{target}' cannot perform {verb} operation because following scope(s) are locked: "
            f"'{','.join(locked)}'. Please remove the lock and try again.",
        )


def _forbids(level: str, verb: str) -> bool:
    return verb == "delete" or level == READ_ONLY
