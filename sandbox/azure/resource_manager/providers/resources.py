"""The part of Microsoft.Resources about resource groups, and the lists of what is in them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sandbox.azure.resource_manager.core import errors
from sandbox.azure.resource_manager.core.actions import SUBSCRIPTION_PATH, Action, ActionRequest
from sandbox.azure.resource_manager.core.host import GROUPS
from sandbox.azure.resource_manager.core.ids import lies_in
from sandbox.azure.resource_manager.core.locations import LOCATION_NAMES
from sandbox.azure.resource_manager.core.operations import Operation, PollingStyle, Reply, finished
from sandbox.azure.resource_manager.core.resource_types import Provider, PutRequest, ResourceType
from sandbox.azure.resource_manager.core.state import Resource, timestamp
from sandbox.azure.resource_manager.providers.subscriptions import SubscriptionActions

if TYPE_CHECKING:
    from sandbox.azure.resource_manager.core.catalog import Catalog
    from sandbox.azure.resource_manager.core.errors import ArmError
    from sandbox.azure.resource_manager.core.ids import ResourceId
    from sandbox.azure.resource_manager.core.services import Services

API_VERSIONS = (
    "2025-04-01",
    "2025-03-01",
    "2024-11-01",
    "2024-07-01",
    "2024-03-01",
    "2023-07-01",
    "2022-12-01",
    "2022-09-01",
    "2022-01-01",
    "2021-04-01",
    "2021-01-01",
    "2020-10-01",
    "2020-06-01",
    "2019-10-01",
    "2019-07-01",
    "2018-05-01",
)
GROUP_PATH = SUBSCRIPTION_PATH + "/resourceGroups/{group}"
MAXIMUM_NAME = 90
_DELETION = PollingStyle("/subscriptions/{subscription}/operationresults/{id}", "Location")
_FILTERS = {"tagname", "tagvalue", "resourcetype", "resourcegroup", "name", "location"}
_GENERIC_FIELDS = ("location", "tags", "kind", "sku", "identity", "managedBy")


class ResourceGroups(ResourceType):
    """Resource groups; all that is in one is deleted with it.

    Args:
        services: what the type works with.
        catalog: the types of the resources in a group.

    """

    name = GROUPS
    api_versions = API_VERSIONS

    def __init__(self, services: Services, catalog: Catalog) -> None:
        super().__init__(services)
        self._catalog = catalog

    def check(self, request: PutRequest) -> None:
        """Validate name and location, which can't change."""
        name, location = request.id.name, request.location
        strange = re.sub(r"[-\w.()]", "", name)
        if strange or name.endswith(".") or len(name) > MAXIMUM_NAME:
            raise errors.bad_request(
                "InvalidResourceGroup",
                f"The provided resource group name '{name}' has these invalid characters: '{strange}'. The "
                "name can only be a letter, digit, '-', '.', '(', ')' or '_'.",
            )
        if not location:
            raise errors.bad_request(
                "LocationRequired", "The location property is required for this definition."
            )
        if location not in LOCATION_NAMES:
            raise errors.bad_request(
                "LocationNotAvailableForResourceGroup",
                f"The provided location '{location}' is not available for resource group. List of available "
                f"regions is '{','.join(LOCATION_NAMES)}'.",
            )
        if request.existing is not None and request.existing.location != location:
            raise errors.conflict(
                "InvalidResourceGroupLocation",
                f"Invalid resource group location '{location}'. The Resource group already exists in "
                f"location '{request.existing.location}'.",
            )

    async def put(self, request: PutRequest) -> Operation:
        """Create the group, or replace its tags."""
        document: dict[str, Any] = {
            "location": request.location,
            "properties": {"provisioningState": "Succeeded"},
        }
        document["tags"] = dict(request.body.get("tags") or {})
        if request.body.get("managedBy"):
            document["managedBy"] = request.body["managedBy"]
        if request.existing is not None:
            request.existing.document = document
            request.existing.touch()
            return finished(Reply(200, self.show(request.existing)), request.existing)
        group = self.state.store(Resource(request.id, document))
        return finished(Reply(201, self.show(group)), group)

    async def patch(self, request: PutRequest) -> Operation:
        """Replace the tags of the group."""
        group = request.existing
        if group is None:
            raise errors.group_not_found(request.id.name)
        if "tags" in request.body:
            group.document["tags"] = dict(request.body["tags"] or {})
            group.touch()
        return finished(Reply(200, self.show(group)), group)

    async def delete(self, resource: Resource, api_version: str) -> Operation:
        """Delete everything in the group, then the group; a deletion that runs already goes on."""
        under_way = self.services.operations.under_way(resource)
        if under_way is not None:
            return under_way
        resource.settle("Deleting")
        return self.services.operations.begin(
            self._delete(resource),
            _DELETION,
            at=resource.id,
            api_version=api_version,
            status=202,
            subject=resource,
        )

    async def _delete(self, group: Resource) -> None:
        await self.empty(group)
        await self.services.clock.spend("resource_group.delete")
        self.state.remove(group.id)

    async def empty(self, group: Resource) -> None:
        """Delete everything in a group, the youngest first."""
        for resource in reversed(self.state.within(str(group.id))):
            if resource is not group and self.state.get(resource.id) is resource:
                await self._catalog.type_of(resource.id).deprovision(resource)
                self.state.remove(resource.id)

    def absent(self, resource_id: ResourceId) -> Operation:
        """Refuse to delete a group that does not exist, unlike other resources."""
        raise errors.group_not_found(resource_id.name)

    def not_found(self, resource_id: ResourceId) -> ArmError:
        """Return the error ResourceGroupNotFound."""
        return errors.group_not_found(resource_id.name)

    def show(self, resource: Resource) -> dict[str, Any]:
        """Return a group, whose shown type is shorter than that of its id."""
        return {**resource.shown(), "type": "Microsoft.Resources/resourceGroups"}


class GroupActions:
    """The lists of groups in a subscription, and of resources in a group or a subscription.

    Args:
        services: what the actions work with.
        catalog: the types of the resources.
        groups: shows the groups.

    """

    def __init__(self, services: Services, catalog: Catalog, groups: ResourceGroups) -> None:
        self._services = services
        self._catalog = catalog
        self._groups = groups

    def actions(self) -> tuple[Action, ...]:
        """Return the actions, to be installed."""
        in_group = "Microsoft.Resources/subscriptions/resourceGroups/resources/read"
        return (
            Action("GET", f"{SUBSCRIPTION_PATH}/resourceGroups", None, "", self.groups, API_VERSIONS),
            Action("GET", f"{SUBSCRIPTION_PATH}/resources", None, "", self.in_subscription, API_VERSIONS),
            Action("GET", f"{GROUP_PATH}/resources", in_group, GROUP_PATH, self.in_group, API_VERSIONS),
        )

    async def groups(self, request: ActionRequest) -> dict[str, Any]:
        """List the groups that the principal may read, filtered by tag."""
        scope = SUBSCRIPTION_PATH.format(**request.arguments)
        found = [
            group for group in self._services.state.of_type(GROUPS, scope) if self._may_read(request, group)
        ]
        asked = _filters_in(request.query.get("$filter", ""))
        return {"value": [self._groups.show(group) for group in found if _matches(group, asked)]}

    async def in_subscription(self, request: ActionRequest) -> dict[str, Any]:
        """List the resources of a subscription that the principal may read."""
        return self._list(request, SUBSCRIPTION_PATH.format(**request.arguments))

    async def in_group(self, request: ActionRequest) -> dict[str, Any]:
        """List the resources of a group that the principal may read."""
        scope = GROUP_PATH.format(**request.arguments)
        if not any(lies_in(str(group.id), scope) for group in self._services.state.of_type(GROUPS)):
            raise errors.group_not_found(request.arguments["group"])
        return self._list(request, scope)

    def _list(self, request: ActionRequest, scope: str) -> dict[str, Any]:
        asked, expand = _filters_in(request.query.get("$filter", "")), request.query.get("$expand", "")
        found = [
            each for each in self._services.lists.within(scope) if self._catalog.type_of(each.id).tracked
        ]
        shown = [each for each in found if _matches(each, asked) and self._may_read(request, each)]
        return {"value": [_generic(resource, expand) for resource in shown]}

    def _may_read(self, request: ActionRequest, resource: Resource) -> bool:
        return self._services.rights.allows(request.principal, f"{resource.id.type}/read", str(resource.id))


def _generic(resource: Resource, expand: str) -> dict[str, Any]:
    """Return a resource without its properties, as the lists show it."""
    shown = {"id": str(resource.id), "name": resource.id.name, "type": resource.id.type}
    shown |= {
        field: resource.document[field]
        for field in _GENERIC_FIELDS
        if resource.document.get(field) is not None
    }
    if "createdTime" in expand:
        shown["createdTime"] = timestamp(resource.created)
    if "provisioningState" in expand:
        shown["provisioningState"] = resource.provisioning_state
    return shown


def _filters_in(wanted: str) -> dict[str, str]:
    """Return what an OData filter wants tag, type, group, name and location to be.

    Raises:
        ArmError: the filter has anything else.

    """
    parts = [part.strip() for part in wanted.split(" and ")] if wanted else []
    clauses = [re.fullmatch(r"(\w+)\s+eq\s+'([^']*)'", part, re.IGNORECASE) for part in parts]
    asked = {clause[1].lower(): clause[2] for clause in clauses if clause}
    if len(asked) != len(parts) or not asked.keys() <= _FILTERS:
        raise errors.bad_request(
            "InvalidFilterInQueryString", f"Invalid $filter '{wanted}' specified in the query string."
        )
    return asked


def _matches(resource: Resource, asked: dict[str, str]) -> bool:
    """Return whether a resource matches a filter."""
    tag, value = asked.get("tagname"), asked.get("tagvalue")
    if tag is not None and (tag not in resource.tags or value not in {None, resource.tags[tag]}):
        return False
    facts = {
        "resourcetype": resource.id.type,
        "resourcegroup": resource.id.group or "",
        "name": resource.id.name,
        "location": resource.location,
    }
    return all(fact.lower() == asked.get(what, fact).lower() for what, fact in facts.items())


def provider(services: Services, catalog: Catalog) -> Provider:
    """Return the provider Microsoft.Resources, without its deployments."""
    groups = ResourceGroups(services, catalog)
    actions = (
        *SubscriptionActions(services, catalog).actions(),
        *GroupActions(services, catalog, groups).actions(),
    )
    return Provider("Microsoft.Resources", (groups,), actions)
