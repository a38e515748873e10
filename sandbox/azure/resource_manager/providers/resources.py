"""Microsoft.Resources: resource groups, and the lists of whatever is in them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sandbox.azure.resource_manager.core import errors
from sandbox.azure.resource_manager.core.ids import lies_in
from sandbox.azure.resource_manager.core.kernel import GROUPS
from sandbox.azure.resource_manager.core.locations import LOCATION_NAMES
from sandbox.azure.resource_manager.core.operations import Operation, Reply, Telling, finished
from sandbox.azure.resource_manager.core.resource_types import Call, Function, Provider, ResourceType, Write
from sandbox.azure.resource_manager.core.state import Resource, timestamp
from sandbox.azure.resource_manager.providers.subscriptions import SUBSCRIPTION, SubscriptionFunctions

if TYPE_CHECKING:
    from sandbox.azure.resource_manager.core.errors import ArmError
    from sandbox.azure.resource_manager.core.ids import ResourceId
    from sandbox.azure.resource_manager.core.kernel import Kernel

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
GROUP = SUBSCRIPTION + "/resourceGroups/{group}"
MAXIMUM_NAME = 90
_DELETION = Telling("/subscriptions/{subscription}/operationresults/{id}", "Location")
_FILTERS = {"tagname", "tagvalue", "resourcetype", "resourcegroup", "name", "location"}
_GENERIC_FIELDS = ("location", "tags", "kind", "sku", "identity", "managedBy")


class ResourceGroups(ResourceType):
    """Resource groups; deleting one ends all that is in it."""

    name = GROUPS
    api_versions = API_VERSIONS

    def check(self, write: Write) -> None:
        """Judge name and location, which can't change."""
        name, location = write.id.name, write.location
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
        if write.existing is not None and write.existing.location != location:
            raise errors.conflict(
                "InvalidResourceGroupLocation",
                f"Invalid resource group location '{location}'. The Resource group already exists in "
                f"location '{write.existing.location}'.",
            )

    async def put(self, write: Write) -> Operation:
        """Make the group, or replace its tags."""
        document: dict[str, Any] = {
            "location": write.location,
            "properties": {"provisioningState": "Succeeded"},
        }
        document["tags"] = dict(write.body.get("tags") or {})
        if write.body.get("managedBy"):
            document["managedBy"] = write.body["managedBy"]
        if write.existing is not None:
            write.existing.document = document
            write.existing.touch()
            return finished(Reply(200, self.show(write.existing)), write.existing)
        group = self.state.store(Resource(write.id, document))
        return finished(Reply(201, self.show(group)), group)

    async def patch(self, write: Write) -> Operation:
        """Replace the group's tags."""
        group = write.existing
        if group is None:
            raise errors.group_not_found(write.id.name)
        if "tags" in write.body:
            group.document["tags"] = dict(write.body["tags"] or {})
            group.touch()
        return finished(Reply(200, self.show(group)), group)

    async def delete(self, resource: Resource, api_version: str) -> Operation:
        """End everything in the group, then the group."""
        under_way = self.kernel.operations.under_way(resource)
        if under_way is not None:
            return under_way
        resource.settle("Deleting")
        return self.kernel.operations.begin(
            self._delete(resource),
            _DELETION,
            at=resource.id,
            api_version=api_version,
            status=202,
            subject=resource,
        )

    async def _delete(self, group: Resource) -> None:
        await self.empty(group)
        await self.backends.clock.spend("resource_group.delete")
        self.state.remove(group.id)

    async def empty(self, group: Resource) -> None:
        """Unmake everything in a group, the youngest first."""
        for resource in reversed(self.state.within(str(group.id))):
            if resource is not group and self.state.get(resource.id) is resource:
                await self.kernel.type_named(resource.id.type).unmake(resource)
                self.state.remove(resource.id)

    def absent(self, resource_id: ResourceId) -> Operation:
        """Unlike other resources, a group that isn't there can't be deleted."""
        raise errors.group_not_found(resource_id.name)

    def not_found(self, resource_id: ResourceId) -> ArmError:
        """A group has a code of its own."""
        return errors.group_not_found(resource_id.name)

    def show(self, resource: Resource) -> dict[str, Any]:
        """A group shows a shorter type than its id has."""
        return {**resource.shown(), "type": "Microsoft.Resources/resourceGroups"}


class GroupFunctions:
    """The lists: groups of a subscription, resources of a group or a subscription."""

    def __init__(self, kernel: Kernel, groups: ResourceGroups) -> None:
        self._kernel = kernel
        self._groups = groups

    def functions(self) -> tuple[Function, ...]:
        """The functions, for the kernel's list."""
        in_group = "Microsoft.Resources/subscriptions/resourceGroups/resources/read"
        return (
            Function("GET", f"{SUBSCRIPTION}/resourceGroups", None, "", self.groups, API_VERSIONS),
            Function("GET", f"{SUBSCRIPTION}/resources", None, "", self.in_subscription, API_VERSIONS),
            Function("GET", f"{GROUP}/resources", in_group, GROUP, self.in_group, API_VERSIONS),
        )

    async def groups(self, call: Call) -> dict[str, Any]:
        """The groups that the principal may read, filtered by tag."""
        scope = SUBSCRIPTION.format(**call.arguments)
        found = [group for group in self._kernel.state.of_type(GROUPS, scope) if self._may_read(call, group)]
        asked = _asked(call.query.get("$filter", ""))
        return {"value": [self._groups.show(group) for group in found if _fits(group, asked)]}

    async def in_subscription(self, call: Call) -> dict[str, Any]:
        """The resources of a subscription that the principal may read."""
        return self._list(call, SUBSCRIPTION.format(**call.arguments))

    async def in_group(self, call: Call) -> dict[str, Any]:
        """The resources of one group."""
        scope = GROUP.format(**call.arguments)
        if not any(lies_in(str(group.id), scope) for group in self._kernel.state.of_type(GROUPS)):
            raise errors.group_not_found(call.arguments["group"])
        return self._list(call, scope)

    def _list(self, call: Call, scope: str) -> dict[str, Any]:
        asked, expand = _asked(call.query.get("$filter", "")), call.query.get("$expand", "")
        found = [
            each for each in self._kernel.state.within(scope) if self._kernel.type_named(each.id.type).tracked
        ]
        shown = [each for each in found if _fits(each, asked) and self._may_read(call, each)]
        return {"value": [_generic(resource, expand) for resource in shown]}

    def _may_read(self, call: Call, resource: Resource) -> bool:
        return self._kernel.rights.allows(call.principal, f"{resource.id.type}/read", str(resource.id))


def _generic(resource: Resource, expand: str) -> dict[str, Any]:
    """A resource as the lists show it: without its properties."""
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


def _asked(wanted: str) -> dict[str, str]:
    """What an OData filter asks for: equalities of a tag, type, group, name and location.

    Raises:
        ArmError: the filter says anything else.

    """
    parts = [part.strip() for part in wanted.split(" and ")] if wanted else []
    clauses = [re.fullmatch(r"(\w+)\s+eq\s+'([^']*)'", part, re.IGNORECASE) for part in parts]
    asked = {clause[1].lower(): clause[2] for clause in clauses if clause}
    if len(asked) != len(parts) or not asked.keys() <= _FILTERS:
        raise errors.bad_request(
            "InvalidFilterInQueryString", f"Invalid $filter '{wanted}' specified in the query string."
        )
    return asked


def _fits(resource: Resource, asked: dict[str, str]) -> bool:
    """Whether a resource is what a filter asks for."""
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


def provider(kernel: Kernel) -> Provider:
    """Microsoft.Resources, without the deployments."""
    groups = ResourceGroups(kernel)
    functions = (*SubscriptionFunctions(kernel).functions(), *GroupFunctions(kernel, groups).functions())
    return Provider("Microsoft.Resources", (groups,), functions)
