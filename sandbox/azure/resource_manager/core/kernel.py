"""The road that every request takes, whether it comes over HTTP or from a template deployment.

`put_resource` and its companions check, in Azure's order, that the type and the api-version exist, that the
principal may, that the group is there and the provider registered; only then is the resource type asked. So a
template can do exactly what a client could.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.azure.resource_manager.core import errors
from sandbox.azure.resource_manager.core.errors import ArmError
from sandbox.azure.resource_manager.core.ids import RESOURCES, ResourceId
from sandbox.azure.resource_manager.core.locations import LOCATION_NAMES
from sandbox.azure.resource_manager.core.locks import check_locks
from sandbox.azure.resource_manager.core.operations import Operation, Operations
from sandbox.azure.resource_manager.core.resource_types import Call, Function, Provider, ResourceType, Write
from sandbox.azure.resource_manager.core.rights import Rights
from sandbox.azure.resource_manager.core.state import Activity, Resource, State

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.azure.resource_manager.core.backends import Backends, Principal
    from sandbox.azure.resource_manager.providers.subscriptions import Subscription

GROUPS = "Microsoft.Resources/subscriptions/resourceGroups"


class Kernel:
    """What all providers share: state, rights, operations, and the road to them.

    Args:
        backends: the rest of the sandbox.
        subscriptions: those that exist.

    """

    def __init__(self, backends: Backends, subscriptions: tuple[Subscription, ...]) -> None:
        self.backends = backends
        self.subscriptions = {each.id.lower(): each for each in subscriptions}
        self.state = State()
        self.rights = Rights(self.state)
        self.operations = Operations()
        self.activity = Activity()
        self.providers: dict[str, Provider] = {}
        self._types: dict[str, ResourceType] = {}
        self._functions: list[Function] = []

    def install(self, provider: Provider) -> None:
        """Add a provider, or further types and functions of one that is there."""
        known = self.providers.setdefault(provider.namespace.lower(), Provider(provider.namespace))
        known.types += provider.types
        known.functions += provider.functions
        self._types.update({kind.name.lower(): kind for kind in provider.types})
        self._functions += provider.functions

    def subscription(self, subscription: str) -> Subscription:
        """The subscription with this GUID.

        Raises:
            ArmError: SubscriptionNotFound.

        """
        if subscription.lower() not in self.subscriptions:
            raise errors.subscription_not_found(subscription)
        return self.subscriptions[subscription.lower()]

    def provider(self, namespace: str) -> Provider:
        """The provider with this namespace.

        Raises:
            ArmError: InvalidResourceNamespace.

        """
        if namespace.lower() not in self.providers:
            raise errors.invalid_namespace(namespace)
        return self.providers[namespace.lower()]

    def resolve(self, path: str, api_version: str) -> tuple[ResourceType, ResourceId]:
        """The type and the id (in Azure's spelling) of a resource's path.

        Raises:
            ArmError: InvalidResourceNamespace or InvalidResourceType.

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

    async def put_resource(
        self,
        principal: Principal,
        path: str,
        api_version: str,
        body: dict[str, Any],
        conditions: Mapping[str, str] | None = None,
    ) -> Operation:
        """Create or replace a resource. This is the one road, for HTTP and for template deployments.

        `await operation` gives the resource once it is provisioned (or raises the ArmError it failed with);
        `operation.reply` is what HTTP answers at once, `operation.resource` the resource as it stands.

        Args:
            principal: on whose behalf; needs `<type>/write` on the resource's id.
            path: the full resource id.
            api_version: must be one of the type's.
            body: location, tags, sku, identity, properties, … as a client would send them.
            conditions: "if-match" and "if-none-match", lower-case names.

        Raises:
            ArmError: it is refused.

        """
        try:
            kind, write = self._admit_write(principal, path, api_version, body)
            kind.check_conditions(write.existing, conditions or {})
            kind.check(write)
            operation = await kind.put(write)
        except ArmError as refusal:
            self.activity.note("PUT", path, principal, refusal)
            raise
        self.activity.note("PUT", str(write.id), principal)
        return operation

    def check_resource(self, principal: Principal, path: str, api_version: str, body: dict[str, Any]) -> None:
        """Judge a PUT without doing it: everything that `put_resource` would refuse at once, it raises."""
        kind, write = self._admit_write(principal, path, api_version, body)
        kind.check(write)

    async def patch_resource(
        self, principal: Principal, path: str, api_version: str, body: dict[str, Any]
    ) -> Operation:
        """Change a resource that is there (PATCH); raises as `put_resource`, and ResourceNotFound."""
        try:
            kind, resource_id = self._admit(principal, path, api_version, "write")
            existing = self._existing(resource_id)
            operation = await kind.patch(Write(principal, existing.id, api_version, body, existing))
        except ArmError as refusal:
            self.activity.note("PATCH", path, principal, refusal)
            raise
        self.activity.note("PATCH", path, principal)
        return operation

    async def delete_resource(
        self, principal: Principal, path: str, api_version: str, conditions: Mapping[str, str] | None = None
    ) -> Operation:
        """Delete a resource; the reply is 204 when there is none."""
        try:
            kind, resource_id = self._admit(principal, path, api_version, "delete")
            existing = self.state.get(resource_id)
            if existing is not None:
                kind.check_conditions(existing, conditions or {})
            if existing is None:
                operation = kind.absent(resource_id)
            else:
                operation = await kind.delete(existing, api_version)
        except ArmError as refusal:
            self.activity.note("DELETE", path, principal, refusal)
            raise
        self.activity.note("DELETE", path, principal)
        return operation

    def get_resource(self, principal: Principal, path: str, api_version: str) -> dict[str, Any]:
        """A resource as a GET shows it; raises ResourceNotFound and the refusals of the road."""
        kind, resource_id = self._admit(principal, path, api_version, "read")
        return kind.show(self._existing(resource_id))

    def list_resources(self, principal: Principal, path: str, api_version: str) -> list[dict[str, Any]]:
        """The resources of one type; `path` is an id that lacks its last name (`…/providers/N/type`)."""
        kind, example = self.resolve(f"{path}/-", api_version)
        self._check_api_version(kind, api_version, "")
        parent = example.parent
        above = str(parent) if parent else example.scope
        self._check_subscription(example)
        self.rights.demand(principal, f"{kind.name}/read", above)
        if parent is not None:
            self._existing(parent)
        elif example.group_id is not None:
            self.group(example.group_id)
        found = self.state.of_type(kind.name, above)
        return [kind.summary(resource) for resource in found]

    async def invoke(
        self,
        principal: Principal,
        method: str,
        path: str,
        query: Mapping[str, str],
        body: dict[str, Any] | None = None,
    ) -> Any:
        """Call a function (`POST …/listKeys`, `GET …/usages`): a JSON body, a Reply or an Operation.

        Raises:
            ArmError: there is no such function, or it refuses.

        """
        found = self.function(method, path)
        if found is None:
            raise errors.method_not_allowed(method)
        function, arguments = found
        call = Call(principal, path, arguments, query, body or {})
        if "subscription" in arguments:
            self.subscription(arguments["subscription"])
        if function.api_versions and call.api_version not in function.api_versions:
            raise _unsupported_version(function, call)
        if function.action is not None:
            self.rights.demand(principal, function.action, function.on.format(**arguments))
        return await function.run(call)

    def function(self, method: str, path: str) -> tuple[Function, dict[str, str]] | None:
        """The function that answers a request, with the arguments in its path."""
        for function in self._functions:
            arguments = function.match(method, path)
            if arguments is not None:
                return function, arguments
        return None

    def group(self, group: ResourceId) -> Resource:
        """A resource group.

        Raises:
            ArmError: ResourceGroupNotFound.

        """
        found = self.state.get(group)
        if found is None:
            raise errors.group_not_found(group.name)
        return found

    def type_named(self, full_type: str) -> ResourceType:
        """The resource type with this full name (case doesn't matter)."""
        return self._types[full_type.lower()]

    def existing(self, path: str) -> Resource:
        """The resource at a path, for functions on it (rights are checked); raises ResourceNotFound."""
        return self._existing(self.resolve(path, "")[1])

    def _existing(self, resource_id: ResourceId) -> Resource:
        found = self.state.get(resource_id)
        if found is None:
            raise self.type_named(resource_id.type).not_found(resource_id)
        return found

    def _admit(
        self, principal: Principal, path: str, api_version: str, verb: str
    ) -> tuple[ResourceType, ResourceId]:
        """Type, api-version, subscription, rights and group, in Azure's order."""
        kind, resource_id = self.resolve(path, api_version)
        self._check_api_version(kind, api_version, "")
        self._check_subscription(resource_id)
        self.rights.demand(principal, f"{kind.name}/{verb}", str(resource_id))
        if resource_id.group_id is not None and kind.name != GROUPS:
            self.group(resource_id.group_id)
        check_locks(self.state, resource_id, verb)
        return kind, resource_id

    def _admit_write(
        self, principal: Principal, path: str, api_version: str, body: dict[str, Any]
    ) -> tuple[ResourceType, Write]:
        kind, resource_id = self._admit(principal, path, api_version, "write")
        existing = self.state.get(resource_id)
        write = Write(principal, existing.id if existing else resource_id, api_version, body, existing)
        self._check_group_stays(resource_id)
        self._check_registered(resource_id)
        if kind.tracked:
            _check_location(kind, write)
        if resource_id.parent is not None and self.state.get(resource_id.parent) is None:
            raise errors.parent_not_found(resource_id)
        return kind, write

    def _check_api_version(self, kind: ResourceType, api_version: str, location: str) -> None:
        if api_version in kind.api_versions:
            return
        if kind.name.startswith(f"{RESOURCES}/"):
            raise errors.invalid_api_version(api_version, kind.api_versions)
        raise errors.unsupported_api_version(
            kind.name, api_version, kind.api_versions, LOCATION_NAMES, location or "global"
        )

    def _check_subscription(self, resource_id: ResourceId) -> None:
        if resource_id.subscription is not None:
            self.subscription(resource_id.subscription)

    def _check_group_stays(self, resource_id: ResourceId) -> None:
        if resource_id.group_id is None:
            return
        group = self.state.get(resource_id.group_id)
        if group is not None and group.provisioning_state == "Deleting":
            raise errors.conflict(
                "ResourceGroupBeingDeleted",
                f"The resource group '{group.id.name}' is in deprovisioning state and cannot perform this "
                "operation.",
            )

    def _check_registered(self, resource_id: ResourceId) -> None:
        if resource_id.subscription is None:
            return
        subscription = self.subscription(resource_id.subscription)
        if subscription.registration(resource_id.namespace) != "Registered":
            raise errors.missing_registration(resource_id.namespace)


def _unsupported_version(function: Function, call: Call) -> ArmError:
    """Resource Manager's refusal of a version for its own functions, or a provider's for one of its."""
    _, _, kind = function.path.rpartition("/providers/")
    if not kind.startswith("Microsoft."):
        return errors.invalid_api_version(call.api_version, function.api_versions)
    return errors.unsupported_api_version(
        kind, call.api_version, function.api_versions, LOCATION_NAMES, "global"
    )


def _check_location(kind: ResourceType, write: Write) -> None:
    if not write.location:
        raise errors.bad_request("LocationRequired", "The location property is required for this definition.")
    if write.location not in kind.locations:
        raise errors.bad_request(
            "LocationNotAvailableForResourceType",
            f"The provided location '{write.body['location']}' is not available for resource type "
            f"'{kind.name}'. List of available regions for the resource type is "
            f"'{','.join(kind.locations)}'.",
        )
    if write.existing is not None and write.existing.location != write.location:
        raise errors.conflict(
            "InvalidResourceLocation",
            f"The resource '{write.id.name}' already exists in location '{write.existing.location}' in "
            f"resource group '{write.id.group}'. A resource with the same name cannot be created in "
            f"location '{write.location}'. Please select a new resource name.",
        )
