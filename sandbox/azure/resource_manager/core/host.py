"""Where every request for a resource is handled, whether it comes over HTTP or from a template deployment.

Checks what Resource Manager checks, in Azure's order, before a resource type is called: that type and
api-version exist, that the principal has the permission, that the group exists, that the provider is
registered. So a template can do exactly what a client could.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.azure.resource_manager.core import errors
from sandbox.azure.resource_manager.core.actions import Action, ActionRequest
from sandbox.azure.resource_manager.core.errors import ArmError
from sandbox.azure.resource_manager.core.ids import RESOURCES
from sandbox.azure.resource_manager.core.locations import LOCATION_NAMES
from sandbox.azure.resource_manager.core.resource_types import PutRequest, ResourceType
from sandbox.azure.resource_manager.core.state import ActivityLog, Resource

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.azure.identity.directory import Principal
    from sandbox.azure.resource_manager.core.catalog import Catalog
    from sandbox.azure.resource_manager.core.ids import ResourceId
    from sandbox.azure.resource_manager.core.operations import Operation
    from sandbox.azure.resource_manager.core.services import Services

GROUPS = "Microsoft.Resources/subscriptions/resourceGroups"


class ResourceProviderHost:
    """Runs requests against the installed resource providers.

    Args:
        services: state, rights and what else the checks need.
        catalog: the installed providers.

    Attributes:
        activity_log: the changes that were asked for.

    """

    def __init__(self, services: Services, catalog: Catalog) -> None:
        self.services = services
        self.catalog = catalog
        self.activity_log = ActivityLog()

    async def put_resource(
        self,
        principal: Principal,
        path: str,
        api_version: str,
        body: dict[str, Any],
        conditions: Mapping[str, str] | None = None,
    ) -> Operation:
        """Create or replace a resource.

        `await operation` returns the resource once it is provisioned, or raises the ArmError that it failed
        with; `operation.reply` is the HTTP response to send at once.

        Args:
            principal: needs `<type>/write` on the resource's id.
            path: the resource id.
            api_version: one of the type's.
            body: location, tags, sku, identity, properties, … as a client sends them.
            conditions: "if-match" and "if-none-match", lower-case names.

        Raises:
            ArmError: the request is refused.

        """
        try:
            kind, request = self._admit_put(principal, path, api_version, body)
            kind.check_conditions(request.existing, conditions or {})
            kind.check(request)
            operation = await kind.put(request)
        except ArmError as refusal:
            self.activity_log.add("PUT", path, principal, refusal)
            raise
        self.activity_log.add("PUT", str(request.id), principal)
        return operation

    def check_resource(self, principal: Principal, path: str, api_version: str, body: dict[str, Any]) -> None:
        """Validate a PUT without carrying it out; raises what `put_resource` would raise at once."""
        kind, request = self._admit_put(principal, path, api_version, body)
        kind.check(request)

    async def patch_resource(
        self, principal: Principal, path: str, api_version: str, body: dict[str, Any]
    ) -> Operation:
        """Change a resource that exists; raises as `put_resource`, and ResourceNotFound."""
        try:
            kind, resource_id = self._admit(principal, path, api_version, "write")
            existing = self._existing(kind, resource_id)
            operation = await kind.patch(PutRequest(principal, existing.id, api_version, body, existing))
        except ArmError as refusal:
            self.activity_log.add("PATCH", path, principal, refusal)
            raise
        self.activity_log.add("PATCH", path, principal)
        return operation

    async def delete_resource(
        self, principal: Principal, path: str, api_version: str, conditions: Mapping[str, str] | None = None
    ) -> Operation:
        """Delete a resource; the reply is 204 if there is none."""
        try:
            kind, resource_id = self._admit(principal, path, api_version, "delete")
            existing = self.services.state.get(resource_id)
            if existing is not None:
                kind.check_conditions(existing, conditions or {})
            if existing is None:
                operation = kind.absent(resource_id)
            else:
                operation = await kind.delete(existing, api_version)
        except ArmError as refusal:
            self.activity_log.add("DELETE", path, principal, refusal)
            raise
        self.activity_log.add("DELETE", path, principal)
        return operation

    def get_resource(self, principal: Principal, path: str, api_version: str) -> dict[str, Any]:
        """Return a resource as a GET shows it; raises ResourceNotFound, and what the checks raise."""
        kind, resource_id = self._admit(principal, path, api_version, "read")
        return kind.show(self._existing(kind, resource_id))

    def list_resources(self, principal: Principal, path: str, api_version: str) -> list[dict[str, Any]]:
        """Return the resources of a type; `path` is an id without its last name (`…/providers/N/type`)."""
        kind, example = self.catalog.resolve(f"{path}/-", api_version)
        _check_api_version(kind, api_version)
        parent = example.parent
        above = str(parent) if parent else example.scope
        self._check_subscription(example)
        self.services.rights.demand(principal, f"{kind.name}/read", above)
        if parent is not None:
            self._existing(self.catalog.type_of(parent), parent)
        elif example.group_id is not None:
            self.catalog.group(example.group_id)
        return [kind.summary(resource) for resource in self.services.state.of_type(kind.name, above)]

    async def invoke(
        self,
        principal: Principal,
        method: str,
        path: str,
        query: Mapping[str, str],
        body: dict[str, Any] | None = None,
    ) -> Any:
        """Run an action (`POST …/listKeys`, `GET …/usages`); return a JSON body, a Reply or an Operation.

        Raises:
            ArmError: there is no such action, or it is refused.

        """
        found = self.catalog.find_action(method, path)
        if found is None:
            raise errors.method_not_allowed(method)
        action, arguments = found
        request = ActionRequest(principal, path, arguments, query, body or {})
        if "subscription" in arguments:
            self.services.subscriptions.get(arguments["subscription"])
        if action.api_versions and request.api_version not in action.api_versions:
            raise _unsupported_version(action, request)
        if action.permission is not None:
            scope = action.scope.format(**arguments)
            self.services.rights.demand(principal, action.permission, scope)
            if action.permission.endswith("/action"):
                self.services.locks.check(scope, "action")
        return await action.handler(request)

    def _existing(self, kind: ResourceType, resource_id: ResourceId) -> Resource:
        found = self.services.state.get(resource_id)
        if found is None:
            raise kind.not_found(resource_id)
        return found

    def _admit(
        self, principal: Principal, path: str, api_version: str, verb: str
    ) -> tuple[ResourceType, ResourceId]:
        """Check type, api-version, subscription, permission and group, in Azure's order."""
        kind, resource_id = self.catalog.resolve(path, api_version)
        _check_api_version(kind, api_version)
        self._check_subscription(resource_id)
        self.services.rights.demand(principal, f"{kind.name}/{verb}", str(resource_id))
        if resource_id.group_id is not None and kind.name != GROUPS:
            self.catalog.group(resource_id.group_id)
        if verb != "read":
            self.services.locks.check(str(resource_id), verb)
        return kind, resource_id

    def _admit_put(
        self, principal: Principal, path: str, api_version: str, body: dict[str, Any]
    ) -> tuple[ResourceType, PutRequest]:
        kind, resource_id = self._admit(principal, path, api_version, "write")
        existing = self.services.state.get(resource_id)
        body = self.services.policies.apply(resource_id, body, indexed=kind.tracked)
        request = PutRequest(principal, existing.id if existing else resource_id, api_version, body, existing)
        self._check_group_stays(resource_id)
        self._check_registered(resource_id)
        if kind.tracked:
            _check_location(kind, request)
        if resource_id.parent is not None and self.services.state.get(resource_id.parent) is None:
            raise errors.parent_not_found(resource_id)
        return kind, request

    def _check_subscription(self, resource_id: ResourceId) -> None:
        if resource_id.subscription is not None:
            self.services.subscriptions.get(resource_id.subscription)

    def _check_group_stays(self, resource_id: ResourceId) -> None:
        if resource_id.group_id is None:
            return
        group = self.services.state.get(resource_id.group_id)
        if group is not None and group.provisioning_state == "Deleting":
            raise errors.conflict(
                "ResourceGroupBeingDeleted",
                f"The resource group '{group.id.name}' is in deprovisioning state and cannot perform this "
                "operation.",
            )

    def _check_registered(self, resource_id: ResourceId) -> None:
        if resource_id.subscription is None:
            return
        subscription = self.services.subscriptions.get(resource_id.subscription)
        if subscription.registration(resource_id.namespace) != "Registered":
            raise errors.missing_registration(resource_id.namespace)


def _check_api_version(kind: ResourceType, api_version: str) -> None:
    if api_version in kind.api_versions:
        return
    if kind.name.startswith(f"{RESOURCES}/"):
        raise errors.invalid_api_version(api_version, kind.api_versions)
    raise errors.unsupported_api_version(kind.name, api_version, kind.api_versions, LOCATION_NAMES, "global")


def _unsupported_version(action: Action, request: ActionRequest) -> ArmError:
    """Return the error of an api-version that an action lacks, of Resource Manager or of a provider."""
    _, _, kind = action.path.rpartition("/providers/")
    if not kind.startswith("Microsoft."):
        return errors.invalid_api_version(request.api_version, action.api_versions)
    return errors.unsupported_api_version(
        kind, request.api_version, action.api_versions, LOCATION_NAMES, "global"
    )


def _check_location(kind: ResourceType, request: PutRequest) -> None:
    if not request.location:
        raise errors.bad_request("LocationRequired", "The location property is required for this definition.")
    if request.location not in kind.locations:
        raise errors.bad_request(
            "LocationNotAvailableForResourceType",
            f"The provided location '{request.body['location']}' is not available for resource type "
            f"'{kind.name}'. List of available regions for the resource type is "
            f"'{','.join(kind.locations)}'.",
        )
    if request.existing is not None and request.existing.location != request.location:
        raise errors.conflict(
            "InvalidResourceLocation",
            f"The resource '{request.id.name}' already exists in location '{request.existing.location}' in "
            f"resource group '{request.id.group}'. A resource with the same name cannot be created in "
            f"location '{request.location}'. Please select a new resource name.",
        )
