"""Container groups: each of them runs the process of its first container."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sandbox.azure.container_instances import TERMINATED, ContainerSpec
from sandbox.azure.resource_manager.core import errors
from sandbox.azure.resource_manager.core.operations import Operation, PollingStyle, Reply, finished
from sandbox.azure.resource_manager.core.resource_types import PutRequest, ResourceType
from sandbox.azure.resource_manager.core.state import Resource
from sandbox.azure.resource_manager.providers.container_instance.documents import (
    check_container,
    environment_of,
    fixed_properties,
    group_document,
    group_state,
    instance_view,
)
from sandbox.azure.resource_manager.providers.managed_identity import attached_identities

if TYPE_CHECKING:
    from sandbox.azure.resource_manager.core.catalog import Catalog
    from sandbox.azure.resource_manager.core.services import Services

CONTAINER_GROUPS = "Microsoft.ContainerInstance/containerGroups"
API_VERSIONS = (
    "2025-09-01",
    "2024-11-01-preview",
    "2024-10-01-preview",
    "2024-05-01-preview",
    "2023-05-01",
    "2022-09-01",
)
_GROUP_NAME = re.compile(r"(?!.*--)[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


class ContainerGroups(ResourceType):
    """Container groups.

    Args:
        services: what the type works with.
        catalog: where attached identities are looked up.

    """

    name = CONTAINER_GROUPS
    api_versions = API_VERSIONS
    tracked = True

    def __init__(self, services: Services, catalog: Catalog) -> None:
        super().__init__(services)
        self._catalog = catalog

    def check(self, request: PutRequest) -> None:
        """Validate name, containers and identities, and whether an existing group can be updated."""
        if not _GROUP_NAME.fullmatch(request.id.name):
            raise errors.bad_request(
                "InvalidContainerGroupName",
                f"The container group name '{request.id.name}' is invalid. It must be 1 to 63 lower-case "
                "letters, numbers and dashes, start and end with a letter or number, and have no two "
                "dashes in a row.",
            )
        if request.properties.get("osType") not in {"Linux", "Windows"}:
            raise errors.bad_request(
                "InvalidOsType",
                f"The 'osType' for container group '{request.id.name}' is invalid. The value must be one of "
                "'Windows,Linux'.",
            )
        if not request.properties.get("containers"):
            raise errors.bad_request(
                "MissingContainers", f"The container group '{request.id.name}' has no containers."
            )
        for container in request.properties["containers"]:
            check_container(request.id.name, container)
        attached_identities(self.services, self._catalog, request)
        if request.existing is not None:
            self._check_update(request, request.existing)

    async def put(self, request: PutRequest) -> Operation:
        """Start the process of the group after the time that Azure takes, most of it for the image."""
        group = request.existing or Resource(request.id, {})
        group.document = group_document(request, attached_identities(self.services, self._catalog, request))
        group.secrets["environment"] = dict(environment_of(request.properties["containers"][0]))
        group.internals["stopped"] = False
        self.state.store(group)
        return self._begin(group, self._start(group), request.api_version, 200 if request.existing else 201)

    async def deprovision(self, resource: Resource) -> None:
        """End the process of the group."""
        if self.services.containers.state(str(resource.id)) is not None:
            await self.services.containers.stop(str(resource.id))

    async def delete(self, resource: Resource, api_version: str) -> Operation:
        """Delete the group and end its process; the reply shows the group."""
        shown = self.show(resource)
        await super().delete(resource, api_version)
        return finished(Reply(200, shown))

    def show(self, resource: Resource) -> dict[str, Any]:
        """Return a group with the instance views of group and container."""
        shown = self.summary(resource)
        container = self.services.containers.state(str(resource.id))
        shown["properties"]["instanceView"] = {"events": [], "state": group_state(resource, container)}
        if container is not None:
            shown["properties"]["containers"][0]["properties"]["instanceView"] = instance_view(container)
        return shown

    def summary(self, resource: Resource) -> dict[str, Any]:
        """Return a group without instance views, as lists show it."""
        return resource.shown()

    async def start(self, group: Resource, api_version: str) -> Operation:
        """Start the process of the group, once more if it runs."""
        await self.deprovision(group)
        group.properties["provisioningState"] = "Pending"
        return self._begin(group, self._start(group), api_version, 202, PollingStyle(header="Location"))

    async def stop(self, group: Resource) -> None:
        """Stop the process of the group."""
        await self.deprovision(group)
        group.internals["stopped"] = True

    def _begin(
        self, group: Resource, work: Any, api_version: str, status: int, polling: PollingStyle | None = None
    ) -> Operation:
        return self.services.operations.begin(
            work,
            polling or PollingStyle(),
            at=group.id,
            location=group.location,
            api_version=api_version,
            status=status,
            body=self.show(group),
            resource=group,
        )

    async def _start(self, group: Resource) -> None:
        await self.services.clock.spend("container_group.start")
        container = group.properties["containers"][0]
        spec = ContainerSpec(
            name=container["name"],
            image=container["properties"]["image"],
            command=tuple(container["properties"].get("command") or ()),
            environment=group.secrets["environment"],
            restart_policy=group.properties["restartPolicy"],
        )
        if self.state.get(group.id) is not group:
            return
        await self.services.containers.start(str(group.id), spec)
        group.internals["stopped"] = False

    def _check_update(self, request: PutRequest, existing: Resource) -> None:
        """Refuse to update a group that has terminated, or properties that can't be changed."""
        name = request.id.name
        container = self.services.containers.state(str(existing.id))
        if container is not None and container.state == TERMINATED:
            raise errors.bad_request(
                "InvalidContainerGroupUpdate",
                f"The container group '{name}' has terminated and can't be updated. You must delete it "
                "first and then create a new one.",
            )
        if fixed_properties(request.properties) != fixed_properties(existing.properties):
            raise errors.bad_request(
                "InvalidContainerGroupUpdate",
                f"The updates on container group '{name}' are invalid. If you are going to update the os "
                "type, restart policy, network profile, CPU, memory or GPU resources for a container "
                "group, you must delete it first and then create a new one.",
            )
