"""Names that are unique in all of Azure, because each of them becomes a host name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import re

    from sandbox.azure.resource_manager.core.state import State


@dataclass(frozen=True)
class GlobalNames:
    """The names of a resource type.

    Attributes:
        full_type: the type.
        pattern: what a name must match.
        invalid_reason: reason of an invalid name in `checkNameAvailability`.
        invalid: text about an invalid name, with the name as `{name}`.
        taken: text about a name that is taken, with the name as `{name}`.

    """

    full_type: str
    pattern: re.Pattern[str]
    invalid_reason: str
    invalid: str
    taken: str

    def is_valid(self, name: str) -> bool:
        """Return whether a resource can have this name."""
        return self.pattern.fullmatch(name) is not None

    def is_taken(self, state: State, name: str) -> bool:
        """Return whether a resource in any subscription has this name."""
        return any(each.id.name.lower() == name.lower() for each in state.of_type(self.full_type))

    def availability(self, state: State, name: str) -> dict[str, Any]:
        """Return what `checkNameAvailability` answers about a name."""
        if not self.is_valid(name):
            return _unavailable(self.invalid_reason, self.invalid.format(name=name))
        if self.is_taken(state, name):
            return _unavailable("AlreadyExists", self.taken.format(name=name))
        return {"nameAvailable": True}


def _unavailable(reason: str, message: str) -> dict[str, Any]:
    return {"nameAvailable": False, "reason": reason, "message": message}
