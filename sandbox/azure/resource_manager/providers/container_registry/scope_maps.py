"""Scope maps: the repositories that tokens may read and write."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sandbox.azure.resource_manager.core import errors
from sandbox.azure.resource_manager.core.operations import Operation, Reply, finished
from sandbox.azure.resource_manager.core.resource_types import PutRequest, ResourceType
from sandbox.azure.resource_manager.core.state import Resource, timestamp

if TYPE_CHECKING:
    from sandbox.azure.resource_manager.core.ids import ResourceId

SCOPE_MAPS = "Microsoft.ContainerRegistry/registries/scopeMaps"
SCOPE_MAP_VERSIONS = (
    "2026-09-01-preview",
    "2026-01-01-preview",
    "2025-11-01",
    "2025-06-01-preview",
    "2025-05-01-preview",
    "2025-04-01",
    "2025-03-01-preview",
    "2024-11-01-preview",
    "2023-07-01",
    "2023-01-01-preview",
    "2022-12-01",
)
SYSTEM_SCOPE_MAPS = {
    "_repositories_pull": ("repositories/*/content/read",),
    "_repositories_push": ("repositories/*/content/read", "repositories/*/content/write"),
    "_repositories_admin": (
        "repositories/*/content/delete",
        "repositories/*/content/read",
        "repositories/*/content/write",
        "repositories/*/metadata/read",
        "repositories/*/metadata/write",
    ),
}
# A wildcard is the whole name of a repository, or its last segment.
_REPOSITORY = r"(?:\*|[a-z0-9]+(?:[._/-]+[a-z0-9]+)*(?:/\*)?)"
_ACTION = re.compile(rf"repositories/{_REPOSITORY}/(?:content/(?:read|write|delete)|metadata/(?:read|write))")
_NAME = re.compile(r"[A-Za-z0-9_-]{5,50}")


class ScopeMaps(ResourceType):
    """Scope maps of a registry."""

    name = SCOPE_MAPS
    api_versions = SCOPE_MAP_VERSIONS

    def check(self, request: PutRequest) -> None:
        """Validate the name and each action."""
        if not _NAME.fullmatch(request.id.name):
            message = f"Invalid scope map name '{request.id.name}': 5 to 50 letters, digits, '-' and '_'."
            raise errors.bad_request("InvalidScopeMapName", message)
        actions = request.properties.get("actions")
        if not actions:
            raise errors.bad_request("ScopeMapActionsRequired", "The actions of the scope map are required.")
        for action in actions:
            if not _ACTION.fullmatch(action):
                raise errors.bad_request(
                    "InvalidScopeMapAction",
                    f"Invalid scope map action '{action}'. An action is "
                    "'repositories/<repository>/content|metadata/read|write|delete', where a wildcard "
                    "stands alone or ends the repository's name as '/*'.",
                )

    async def put(self, request: PutRequest) -> Operation:
        """Create or replace the scope map."""
        made = scope_map(request.id, tuple(request.properties["actions"]), "UserDefined")
        made.properties["description"] = request.properties.get("description", "")
        self.state.store(made)
        return finished(Reply(201 if request.existing is None else 200, self.show(made)), made)


def scope_map(scope_map_id: ResourceId, actions: tuple[str, ...], kind: str) -> Resource:
    """Return a new scope map; `kind` is "SystemDefined" or "UserDefined"."""
    properties = {
        "type": kind,
        "creationDate": timestamp(),
        "provisioningState": "Succeeded",
        "actions": list(actions),
    }
    return Resource(scope_map_id, {"properties": properties})
