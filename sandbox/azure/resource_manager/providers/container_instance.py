"""Microsoft.ContainerInstance: container groups, each of which is one process of the sandbox.

Secure values go to the process only: no response shows them.
"""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING, Any

from sandbox.azure.container_instances import ContainerSpec
from sandbox.azure.resource_manager.core import errors
from sandbox.azure.resource_manager.core.actions import Action, ActionRequest
from sandbox.azure.resource_manager.core.errors import ArmError
from sandbox.azure.resource_manager.core.operations import Operation, PollingStyle, Reply, finished
from sandbox.azure.resource_manager.core.resource_types import Provider, PutRequest, ResourceType
from sandbox.azure.resource_manager.core.state import Resource, timestamp
from sandbox.azure.resource_manager.providers.managed_identity import attached_identities

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.azure.container_instances import Container
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
# Azure keeps only the end of the log of a container that has stopped.
LOG_BYTES_ONCE_STOPPED = 16 * 1024
_ENVIRONMENT_NAME = re.compile(r"[A-Za-z_.-][A-Za-z0-9_.-]{0,62}")
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
            _check_container(request.id.name, container)
        attached_identities(self.services, self._catalog, request)
        if request.existing is not None:
            self._check_update(request, request.existing)

    async def put(self, request: PutRequest) -> Operation:
        """Start the process of the group after the time that Azure takes, most of it for the image."""
        group = request.existing or Resource(request.id, {})
        group.document = _document(request, attached_identities(self.services, self._catalog, request))
        group.secrets["environment"] = dict(_environment(request.properties["containers"][0]))
        group.internals |= {"started": None, "stopped": False}
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
        state = self.services.containers.state(str(resource.id))
        shown["properties"]["instanceView"] = {"events": [], "state": _group_state(resource, state)}
        if state is not None:
            shown["properties"]["containers"][0]["properties"]["instanceView"] = _instance_view(
                resource, state
            )
        return shown

    def summary(self, resource: Resource) -> dict[str, Any]:
        """Return a group without instance views, as lists show it."""
        return resource.shown()

    async def restart(self, group: Resource, api_version: str) -> Operation:
        """Start the process of the group, once more if it runs."""
        if self.services.containers.state(str(group.id)) is not None:
            await self.services.containers.stop(str(group.id))
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
        group.internals |= {"started": timestamp(), "stopped": False}

    def _check_update(self, request: PutRequest, existing: Resource) -> None:
        """Refuse to update a group that has terminated, or properties that can't be changed."""
        name = request.id.name
        state = self.services.containers.state(str(existing.id))
        if state is not None and state.state == "Terminated":
            raise errors.bad_request(
                "InvalidContainerGroupUpdate",
                f"The container group '{name}' has terminated and can't be updated. You must delete it "
                "first and then create a new one.",
            )
        if _unchangeable(request.properties) != _unchangeable(existing.properties):
            raise errors.bad_request(
                "InvalidContainerGroupUpdate",
                f"The updates on container group '{name}' are invalid. If you are going to update the os "
                "type, restart policy, network profile, CPU, memory or GPU resources for a container "
                "group, you must delete it first and then create a new one.",
            )


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
            action("start", self.restart),
            action("restart", self.restart),
            action("stop", self.stop),
        )

    async def logs(self, request: ActionRequest) -> dict[str, Any]:
        """Return what the container wrote; only the end of it once the container has stopped."""
        group = self._catalog.existing(request.path.rpartition("/containers/")[0])
        names = [container["name"] for container in group.properties["containers"]]
        state = self._services.containers.state(str(group.id))
        if request.arguments["container"] not in names:
            message = (
                f"The container '{request.arguments['container']}' in container group '{group.id.name}' "
                "is not found."
            )
            raise ArmError(404, "ContainerNotFound", message)
        if state is None:
            return {"content": None}
        text = self._services.containers.log(str(group.id))
        if state.state == "Terminated":
            text = text[-LOG_BYTES_ONCE_STOPPED:]
        tail = request.query.get("tail")
        return {"content": "".join(text.splitlines(keepends=True)[-int(tail) :]) if tail else text}

    async def restart(self, request: ActionRequest) -> Operation:
        """Start the group, for `POST …/start` and `…/restart`."""
        group = self._catalog.existing(request.target)
        return await self._groups.restart(group, request.api_version)

    async def stop(self, request: ActionRequest) -> Reply:
        """Stop the group, for `POST …/stop`."""
        await self._groups.stop(self._catalog.existing(request.target))
        return Reply(204)


def _check_container(group: str, container: dict[str, Any]) -> None:
    name, properties = container.get("name", "<null>"), container.get("properties") or {}
    if not properties.get("image"):
        message = f"The image for container '{name}' in container group '{group}' is missing."
        raise errors.bad_request("InvalidImageName", message)
    requests = (properties.get("resources") or {}).get("requests") or {}
    if not requests.get("cpu") or not requests.get("memoryInGB"):
        raise errors.bad_request(
            "ResourceRequestsNotSpecified",
            f"The resource requests for container '{name}' in container group '{group}' are not specified.",
        )
    for variable in properties.get("environmentVariables") or []:
        # Azure refuses a variable with neither like one with both (virtual-kubelet issue 296).
        one = bool(variable.get("value")) != bool(variable.get("secureValue"))
        if not one or not _ENVIRONMENT_NAME.fullmatch(str(variable.get("name", ""))):
            raise errors.bad_request(
                "InvalidEnvironmentVariable",
                f"The environment variable '{variable.get('name')}' of container '{name}' in container "
                f"group '{group}' is invalid: a name has at most 63 letters, digits, '_', '.' and '-', and "
                "one of value and secureValue.",
            )


def _environment(container: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield names and values of the variables of a container, secure ones included."""
    for variable in container["properties"].get("environmentVariables") or []:
        yield variable["name"], str(variable.get("value", variable.get("secureValue", "")) or "")


def _document(request: PutRequest, identities: dict[str, dict[str, str]]) -> dict[str, Any]:
    """Return the group as it is shown: without secrets, with Azure's defaults."""
    properties = copy.deepcopy(request.properties)
    for container in properties["containers"]:
        for variable in container["properties"].get("environmentVariables") or []:
            variable.pop("secureValue", None)
    for credential in properties.get("imageRegistryCredentials") or []:
        credential.pop("password", None)
    document = {
        "location": request.location,
        "tags": dict(request.body.get("tags") or {}),
        "properties": {
            "sku": "Standard",
            "restartPolicy": "Always",
            "initContainers": [],
            "isCustomProvisioningTimeout": False,
            **properties,
            "provisioningState": "Pending",
        },
    }
    if identities:
        document["identity"] = {"type": "UserAssigned", "userAssignedIdentities": identities}
    return document


def _unchangeable(properties: dict[str, Any]) -> tuple[Any, ...]:
    """Return what an update can't change: operating system, restart policy, and sizes of the containers."""
    sizes = sorted(
        (
            container["name"],
            *(
                float(container["properties"]["resources"]["requests"][what])
                for what in ("cpu", "memoryInGB")
            ),
        )
        for container in properties["containers"]
    )
    return properties.get("osType"), properties.get("restartPolicy") or "Always", sizes


def _group_state(group: Resource, state: Container | None) -> str:
    if group.internals.get("stopped"):
        return "Stopped"
    if state is None:
        return "Pending"
    if state.state != "Terminated":
        return "Running"
    return "Succeeded" if state.exit_code == 0 else "Failed"


def _instance_view(group: Resource, state: Container) -> dict[str, Any]:
    current: dict[str, Any] = {
        "state": state.state,
        "startTime": group.internals["started"],
        "detailStatus": "",
    }
    if state.state == "Terminated":
        group.internals.setdefault("ended", timestamp())
        current |= {"exitCode": state.exit_code, "finishTime": group.internals["ended"]}
        current["detailStatus"] = "Completed" if state.exit_code == 0 else "Error"
    event = {"count": 1, "name": "Started", "message": "Started container", "type": "Normal"}
    event |= {"firstTimestamp": group.internals["started"], "lastTimestamp": group.internals["started"]}
    return {"restartCount": state.restart_count, "currentState": current, "events": [event]}


def provider(services: Services, catalog: Catalog) -> Provider:
    """Return the provider Microsoft.ContainerInstance."""
    groups = ContainerGroups(services, catalog)
    actions = ContainerActions(services, catalog, groups).actions()
    return Provider("Microsoft.ContainerInstance", (groups,), actions)
