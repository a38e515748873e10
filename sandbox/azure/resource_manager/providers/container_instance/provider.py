"""The provider Microsoft.ContainerInstance, with its actions: start, stop, restart and logs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.azure.container_instances import TERMINATED
from sandbox.azure.resource_manager.core.actions import Action, ActionRequest
from sandbox.azure.resource_manager.core.errors import ArmError
from sandbox.azure.resource_manager.core.operations import Operation, Reply
from sandbox.azure.resource_manager.core.resource_types import Provider
from sandbox.azure.resource_manager.providers.container_instance.container_groups import (
    API_VERSIONS,
    CONTAINER_GROUPS,
    ContainerGroups,
)

if TYPE_CHECKING:
    from sandbox.azure.resource_manager.core.catalog import Catalog
    from sandbox.azure.resource_manager.core.services import Services

# Azure keeps only the end of the log of a container that has stopped.
LOG_BYTES_ONCE_STOPPED = 16 * 1024


class ContainerActions:
    """Start, stop, restart and logs.

    Args:
        services: what the actions work with.
        catalog: where groups are looked up.
        groups: starts and stops them.

    """

    def __init__(self, services: Services, catalog: Catalog, groups: ContainerGroups) -> None:
        self._services = services
        self._catalog = catalog
        self._groups = groups

    def actions(self) -> tuple[Action, ...]:
        """Return the actions, to be installed."""
        group = f"{{scope}}/providers/{CONTAINER_GROUPS}/{{group}}"
        logs = f"{group}/containers/{{container}}/logs"
        read_logs = f"{CONTAINER_GROUPS}/containers/logs/read"

        def action(verb: str, run: Any) -> Action:
            return Action(
                "POST", f"{group}/{verb}", f"{CONTAINER_GROUPS}/{verb}/action", group, run, API_VERSIONS
            )

        return (
            Action("GET", logs, read_logs, f"{group}/containers/{{container}}", self.logs, API_VERSIONS),
            action("start", self.start),
            action("restart", self.restart),
            action("stop", self.stop),
        )

    async def logs(self, request: ActionRequest) -> dict[str, Any]:
        """Return what the container wrote; only the end of it once the container has stopped."""
        group = self._catalog.existing(request.path.rpartition("/containers/")[0])
        names = [each["name"] for each in group.properties["containers"]]
        container = self._services.containers.state(str(group.id))
        if request.arguments["container"] not in names:
            message = (
                f"The container '{request.arguments['container']}' in container group '{group.id.name}' "
                "is not found."
            )
            raise ArmError(404, "ContainerNotFound", message)
        if container is None:
            return {"content": None}
        text = self._services.containers.log(str(group.id))
        if container.state == TERMINATED:
            text = text[-LOG_BYTES_ONCE_STOPPED:]
        tail = request.query.get("tail")
        return {"content": "".join(text.splitlines(keepends=True)[-int(tail) :]) if tail else text}

    async def start(self, request: ActionRequest) -> Operation:
        """Start the group, for `POST …/start`."""
        return await self._groups.start(self._catalog.existing(request.target), request.api_version)

    async def restart(self, request: ActionRequest) -> Reply:
        """Restart the group, for `POST …/restart`, whose answer names no operation to poll."""
        await self.start(request)
        return Reply(204)

    async def stop(self, request: ActionRequest) -> Reply:
        """Stop the group, for `POST …/stop`."""
        await self._groups.stop(self._catalog.existing(request.target))
        return Reply(204)


def provider(services: Services, catalog: Catalog) -> Provider:
    """Return the provider Microsoft.ContainerInstance."""
    groups = ContainerGroups(services, catalog)
    actions = ContainerActions(services, catalog, groups).actions()
    return Provider("Microsoft.ContainerInstance", (groups,), actions)
