"""The resource providers that are installed, and the look-ups of what they have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.azure.resource_manager.core import errors
from sandbox.azure.resource_manager.core.ids import ResourceId
from sandbox.azure.resource_manager.core.resource_types import Provider, ResourceType

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox.azure.resource_manager.core.actions import Action
    from sandbox.azure.resource_manager.core.state import Resource, State


class Catalog:
    """Providers, resource types and actions, by name and by path.

    Args:
        state: the resources that exist.

    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._providers: dict[str, Provider] = {}
        self._types: dict[str, ResourceType] = {}
        self._actions: list[Action] = []

    def install(self, provider: Provider) -> None:
        """Add a provider, or more types and actions of one that is installed."""
        known = self._providers.setdefault(provider.namespace.lower(), Provider(provider.namespace))
        known.types += provider.types
        known.actions += provider.actions
        self._types.update({kind.name.lower(): kind for kind in provider.types})
        self._actions += provider.actions

    def providers(self) -> Iterable[Provider]:
        """Return all providers, in the order of their installation."""
        return self._providers.values()

    def provider(self, namespace: str) -> Provider:
        """Return the provider of a namespace.

        Raises:
            ArmError: InvalidResourceNamespace.

        """
        if namespace.lower() not in self._providers:
            raise errors.invalid_namespace(namespace)
        return self._providers[namespace.lower()]

    def type_of(self, resource_id: ResourceId) -> ResourceType:
        """Return the type of a resource that exists."""
        return self._types[resource_id.type.lower()]

    def resolve(self, path: str, api_version: str) -> tuple[ResourceType, ResourceId]:
        """Return the type and the id, in Azure's spelling, of a resource's path.

        Raises:
            ArmError: InvalidResourceId, InvalidResourceNamespace or InvalidResourceType.

        """
        try:
            resource_id = ResourceId.parse(path)
        except ValueError:
            raise errors.bad_request("InvalidResourceId", f"The resource id '{path}' is invalid.") from None
        namespace = self.provider(resource_id.namespace).namespace
        kind = self._types.get(resource_id.type.lower())
        if kind is None:
            raise errors.invalid_type(namespace, api_version)
        return kind, resource_id.retyped(kind.name)

    def existing(self, path: str) -> Resource:
        """Return the resource at a path; no rights are checked.

        Raises:
            ArmError: there is none, or the path is invalid.

        """
        kind, resource_id = self.resolve(path, "")
        found = self._state.get(resource_id)
        if found is None:
            raise kind.not_found(resource_id)
        return found

    def group(self, group: ResourceId) -> Resource:
        """Return a resource group.

        Raises:
            ArmError: ResourceGroupNotFound.

        """
        found = self._state.get(group)
        if found is None:
            raise errors.group_not_found(group.name)
        return found

    def find_action(self, method: str, path: str) -> tuple[Action, dict[str, str]] | None:
        """Return the action that answers a request, and the arguments in its path; None for no action."""
        for action in self._actions:
            arguments = action.match(method, path)
            if arguments is not None:
                return action, arguments
        return None
