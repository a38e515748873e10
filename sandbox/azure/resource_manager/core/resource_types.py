"""What a resource provider consists of: resource types, and actions beside them.

A type answers PUT, PATCH and DELETE of its resources. Rights, api-version and registration have been checked
before it is called.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from sandbox.azure.resource_manager.core import errors
from sandbox.azure.resource_manager.core.errors import ArmError
from sandbox.azure.resource_manager.core.locations import LOCATION_NAMES, normalised
from sandbox.azure.resource_manager.core.operations import Operation, Reply, finished

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.azure.identity.directory import Principal
    from sandbox.azure.resource_manager.core.actions import Action
    from sandbox.azure.resource_manager.core.ids import ResourceId
    from sandbox.azure.resource_manager.core.services import Services
    from sandbox.azure.resource_manager.core.state import Resource


@dataclass(frozen=True)
class PutRequest:
    """A PUT or PATCH of a resource.

    Attributes:
        principal: who asks.
        id: of the resource, its type in Azure's spelling.
        api_version: the api-version of the request.
        body: the JSON body.
        existing: the resource as it is, None if there is none.

    """

    principal: Principal
    id: ResourceId
    api_version: str
    body: dict[str, Any]
    existing: Resource | None = None

    @property
    def properties(self) -> dict[str, Any]:
        """The properties in the body."""
        return self.body.get("properties") or {}

    @property
    def location(self) -> str:
        """The name of the region, that of the existing resource if the body has none."""
        return normalised(str(self.body.get("location") or (self.existing.location if self.existing else "")))


class ResourceType:
    """A type of resource; subclasses say how its resources are validated, created and deleted.

    Args:
        services: what the type works with.

    Attributes:
        name: the full type in Azure's spelling.
        api_versions: the versions that have the type, newest first.
        tracked: whether resources have a location and tags, and are listed among their group's.
        locations: where tracked resources can be.

    """

    name: ClassVar[str]
    api_versions: ClassVar[tuple[str, ...]]
    tracked: ClassVar[bool] = False
    locations: ClassVar[tuple[str, ...]] = LOCATION_NAMES

    def __init__(self, services: Services) -> None:
        self.services = services
        self.state = services.state

    def check(self, request: PutRequest) -> None:
        """Validate a PUT without carrying it out.

        Raises:
            ArmError: Azure would refuse it.

        """

    async def put(self, request: PutRequest) -> Operation:  # noqa: ARG002 - for subclasses
        """Create or replace the resource; `check` has passed."""
        raise errors.method_not_allowed("PUT")

    async def patch(self, request: PutRequest) -> Operation:
        """Change the tags of the resource."""
        resource = request.existing
        if resource is None or not self.tracked:
            raise errors.method_not_allowed("PATCH")
        if "tags" in request.body:
            resource.document["tags"] = dict(request.body["tags"] or {})
            resource.touch()
        return finished(Reply(200, self.show(resource)), resource)

    async def delete(self, resource: Resource, api_version: str) -> Operation:  # noqa: ARG002 - for subclasses
        """Delete the resource."""
        await self.deprovision(resource)
        self.state.remove(resource.id)
        return finished(Reply(200))

    async def deprovision(self, resource: Resource) -> None:
        """End what runs behind the resource, before it is deleted itself or with its group."""

    def not_found(self, resource_id: ResourceId) -> ArmError:
        """Return the error of a resource that does not exist."""
        return errors.resource_not_found(resource_id)

    def absent(self, resource_id: ResourceId) -> Operation:  # noqa: ARG002 - for subclasses
        """Answer the deletion of a resource that does not exist; raises ArmError where Azure refuses it."""
        return finished(Reply(204))

    def check_conditions(self, existing: Resource | None, conditions: Mapping[str, str]) -> None:
        """Check the If-Match and If-None-Match (lower-case names) of a PUT or DELETE.

        Raises:
            ArmError: PreconditionFailed.

        """
        wanted = conditions.get("if-match", "").strip('"')
        if wanted and (existing is None or wanted not in {"*", existing.etag}):
            raise self.precondition_failed("If-Match", wanted, existing)
        if conditions.get("if-none-match") == "*" and existing is not None:
            raise self.precondition_failed("If-None-Match", "*", existing)

    def precondition_failed(self, header: str, condition: str, existing: Resource | None) -> ArmError:  # noqa: ARG002 - for subclasses
        """Return the error of a condition that is not met."""
        return ArmError(
            412, "PreconditionFailed", "The condition specified using HTTP conditional header(s) is not met."
        )

    def show(self, resource: Resource) -> dict[str, Any]:
        """Return the resource as a GET shows it."""
        return resource.shown()

    def summary(self, resource: Resource) -> dict[str, Any]:
        """Return the resource as a list shows it."""
        return self.show(resource)


@dataclass
class Provider:
    """A resource provider.

    Attributes:
        namespace: "Microsoft.Storage".
        types: its resource types.
        actions: its actions.

    """

    namespace: str
    types: tuple[ResourceType, ...] = ()
    actions: tuple[Action, ...] = ()
