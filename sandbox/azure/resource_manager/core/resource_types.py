"""How a provider tells the kernel what it has: resource types, and functions that are no resources.

A type answers PUT, PATCH and DELETE of its resources; everything else under a path (listKeys, name checks,
logs, usages) is a `Function`. The kernel has checked rights, api-version and registration before it calls
either.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from sandbox.azure.resource_manager.core import errors
from sandbox.azure.resource_manager.core.errors import ArmError
from sandbox.azure.resource_manager.core.locations import LOCATION_NAMES
from sandbox.azure.resource_manager.core.operations import Operation, Reply, finished

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from sandbox.azure.resource_manager.core.backends import Backends, Principal
    from sandbox.azure.resource_manager.core.ids import ResourceId
    from sandbox.azure.resource_manager.core.kernel import Kernel
    from sandbox.azure.resource_manager.core.state import Resource, State


@dataclass(frozen=True)
class Write:
    """A PUT or PATCH that the kernel has let through.

    Args:
        principal: who asks.
        id: of the resource, with the type in Azure's spelling.
        api_version: the version spoken.
        body: the request's body.
        existing: the resource as it is, None if it isn't there.

    """

    principal: Principal
    id: ResourceId
    api_version: str
    body: dict[str, Any]
    existing: Resource | None = None

    @property
    def properties(self) -> dict[str, Any]:
        """The body's properties."""
        return self.body.get("properties") or {}

    @property
    def location(self) -> str:
        """The region, as Azure normalises it ("West Europe" is "westeurope")."""
        stated = str(self.body.get("location") or (self.existing.location if self.existing else ""))
        return stated.replace(" ", "").lower()


@dataclass(frozen=True)
class Call:
    """A request for a function.

    Args:
        principal: who asks.
        path: as requested, without the query.
        arguments: what the pattern's `{names}` stood for.
        query: the query's parameters, api-version included.
        body: the request's JSON body ({} for none).

    """

    principal: Principal
    path: str
    arguments: Mapping[str, str]
    query: Mapping[str, str] = field(default_factory=dict)
    body: dict[str, Any] = field(default_factory=dict)

    @property
    def api_version(self) -> str:
        """The version spoken."""
        return self.query.get("api-version", "")


@dataclass(frozen=True)
class Function:
    """A request that is no plain resource: `POST …/listKeys`, `GET …/usages`.

    Args:
        method: the HTTP method.
        path: pattern of the whole path, where `{name}` is one segment and `{scope}` any number of them.
        action: the right it needs, None for none of its own.
        on: the scope that right is needed on, a pattern of the same names.
        run: answers it: a JSON body, a Reply, or an Operation.
        api_versions: the versions that answer it, empty for any.

    """

    method: str
    path: str
    action: str | None
    on: str
    run: Callable[[Call], Awaitable[Any]]
    api_versions: tuple[str, ...] = ()

    def match(self, method: str, path: str) -> dict[str, str] | None:
        """The arguments, if the request is for this function (paths compare without case)."""
        if method != self.method:
            return None
        found = _pattern(self.path).fullmatch(path)
        return found.groupdict() if found else None


_PATTERNS: dict[str, re.Pattern[str]] = {}


def _pattern(path: str) -> re.Pattern[str]:
    if path not in _PATTERNS:
        text = re.sub(r"\{(\w+)\}", lambda name: _group(name[1]), path.replace(".", r"\."))
        _PATTERNS[path] = re.compile(text, re.IGNORECASE)
    return _PATTERNS[path]


def _group(name: str) -> str:
    return f"(?P<{name}>{'.*?' if name == 'scope' else '[^/]+'})"


class ResourceType:
    """A kind of resource; subclasses say how it is judged, made and unmade.

    Class attributes:
        name: the full type in Azure's spelling.
        api_versions: the versions served, newest first.
        tracked: it has a location and tags, and stands among its group's resources.
        locations: where it can be, if it is tracked.
        name_rule: what its names must match, with the error that Azure gives otherwise (`check` raises it).

    """

    name: ClassVar[str]
    api_versions: ClassVar[tuple[str, ...]]
    tracked: ClassVar[bool] = False
    locations: ClassVar[tuple[str, ...]] = LOCATION_NAMES

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel

    @property
    def state(self) -> State:
        """What exists."""
        return self.kernel.state

    @property
    def backends(self) -> Backends:
        """The rest of the sandbox."""
        return self.kernel.backends

    def check(self, write: Write) -> None:
        """Judge a PUT without doing it (deployments' validate asks this too); raises ArmError."""

    async def put(self, write: Write) -> Operation:  # noqa: ARG002 - what subclasses are given
        """Make or replace the resource; `check` has passed."""
        raise errors.method_not_allowed("PUT")

    async def patch(self, write: Write) -> Operation:
        """Change the resource that is there: its tags, unless the type can change more."""
        resource = write.existing
        if resource is None or not self.tracked:
            raise errors.method_not_allowed("PATCH")
        if "tags" in write.body:
            resource.document["tags"] = dict(write.body["tags"] or {})
            resource.touch()
        return finished(Reply(200, self.show(resource)), resource)

    async def delete(self, resource: Resource, api_version: str) -> Operation:  # noqa: ARG002
        """Unmake the resource."""
        await self.unmake(resource)
        self.state.remove(resource.id)
        return finished(Reply(200))

    async def unmake(self, resource: Resource) -> None:
        """Stop what stands behind the resource (a process, a cluster); its group's deletion asks this too."""

    def not_found(self, resource_id: ResourceId) -> ArmError:
        """What somebody is told who asks for a resource of this type that isn't there."""
        return errors.resource_not_found(resource_id)

    def absent(self, resource_id: ResourceId) -> Operation:  # noqa: ARG002 - what subclasses are given
        """The answer to a deletion of a resource that isn't there; raises ArmError where Azure refuses it."""
        return finished(Reply(204))

    def check_conditions(self, existing: Resource | None, conditions: Mapping[str, str]) -> None:
        """Hold a write or a deletion to its If-Match and If-None-Match (lower-case names)."""
        wanted = conditions.get("if-match", "").strip('"')
        if wanted and (existing is None or wanted not in {"*", existing.etag}):
            raise self.precondition_failed("If-Match", wanted, existing)
        if conditions.get("if-none-match") == "*" and existing is not None:
            raise self.precondition_failed("If-None-Match", "*", existing)

    def precondition_failed(self, header: str, condition: str, existing: Resource | None) -> ArmError:  # noqa: ARG002 - what subclasses tell
        """What somebody is told whose condition on a resource isn't met."""
        return ArmError(
            412, "PreconditionFailed", "The condition specified using HTTP conditional header(s) is not met."
        )

    def show(self, resource: Resource) -> dict[str, Any]:
        """The resource as a GET shows it."""
        return resource.shown()

    def summary(self, resource: Resource) -> dict[str, Any]:
        """The resource as a list shows it."""
        return self.show(resource)


@dataclass
class Provider:
    """A resource provider: a namespace with its types and functions."""

    namespace: str
    types: tuple[ResourceType, ...] = ()
    functions: tuple[Function, ...] = ()
