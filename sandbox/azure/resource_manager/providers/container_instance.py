"""Microsoft.ContainerInstance: container groups, each one process of the sandbox.

Secure values go to the process and to nobody else: no answer shows them.
"""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING, Any

from sandbox.azure.resource_manager.core import errors
from sandbox.azure.resource_manager.core.backends import ContainerSpec
from sandbox.azure.resource_manager.core.errors import ArmError
from sandbox.azure.resource_manager.core.operations import Operation, Reply, Telling, finished
from sandbox.azure.resource_manager.core.resource_types import Call, Function, Provider, ResourceType, Write
from sandbox.azure.resource_manager.core.state import Resource, timestamp
from sandbox.azure.resource_manager.providers.managed_identity import attached_identities

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.azure.resource_manager.core.backends import ContainerState
    from sandbox.azure.resource_manager.core.kernel import Kernel

CONTAINER_GROUPS = "Microsoft.ContainerInstance/containerGroups"
API_VERSIONS = (
    "2025-09-01",
    "2024-11-01-preview",
    "2024-10-01-preview",
    "2024-05-01-preview",
    "2023-05-01",
    "2022-09-01",
)
# What Azure keeps of the log of a container that has stopped.
LOG_BYTES_ONCE_STOPPED = 16 * 1024
_ENVIRONMENT_NAME = re.compile(r"[A-Za-z_.-][A-Za-z0-9_.-]{0,62}")
_GROUP_NAME = re.compile(r"(?!.*--)[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


class ContainerGroups(ResourceType):
    """Container groups."""

    name = CONTAINER_GROUPS
    api_versions = API_VERSIONS
    tracked = True

    def check(self, write: Write) -> None:
        """Judge the name, the containers, the identities, and whether what is there may be changed."""
        if not _GROUP_NAME.fullmatch(write.id.name):
            raise errors.bad_request(
                "InvalidContainerGroupName",
                f"The container group name '{write.id.name}' is invalid. It must be 1 to 63 lower-case "
                "letters, numbers and dashes, start and end with a letter or number, and have no two "
                "dashes in a row.",
            )
        if write.properties.get("osType") not in {"Linux", "Windows"}:
            raise errors.bad_request(
                "InvalidOsType",
                f"The 'osType' for container group '{write.id.name}' is invalid. The value must be one of "
                "'Windows,Linux'.",
            )
        if not write.properties.get("containers"):
            raise errors.bad_request(
                "MissingContainers", f"The container group '{write.id.name}' has no containers."
            )
        for container in write.properties["containers"]:
            _check_container(write.id.name, container)
        attached_identities(self.kernel, write)
        if write.existing is not None:
            self._check_update(write, write.existing)

    async def put(self, write: Write) -> Operation:
        """Start the group's process when Azure would have: after the image was pulled."""
        group = write.existing or Resource(write.id, {})
        group.document = _document(self.kernel, write)
        group.secrets["environment"] = dict(_environment(write.properties["containers"][0]))
        group.internals["stopped"] = False
        self.state.store(group)
        return self._begin(group, self._start(group), write.api_version, 200 if write.existing else 201)

    async def unmake(self, resource: Resource) -> None:
        """End the group's process."""
        if self.backends.containers.state(str(resource.id)) is not None:
            await self.backends.containers.stop(str(resource.id))

    async def delete(self, resource: Resource, api_version: str) -> Operation:
        """End the process and forget the group; the answer shows what it was."""
        shown = self.show(resource)
        await super().delete(resource, api_version)
        return finished(Reply(200, shown))

    def show(self, resource: Resource) -> dict[str, Any]:
        """A group with its instance view: how group and container are doing."""
        shown = self.summary(resource)
        state = self.backends.containers.state(str(resource.id))
        shown["properties"]["instanceView"] = {"events": [], "state": _group_state(resource, state)}
        if state is not None:
            shown["properties"]["containers"][0]["properties"]["instanceView"] = _instance_view(state)
        return shown

    def summary(self, resource: Resource) -> dict[str, Any]:
        """A group as lists show it: without instance views."""
        return resource.shown()

    async def start(self, group: Resource, api_version: str) -> Operation:
        """Start the group's process (again)."""
        await self.unmake(group)
        group.properties["provisioningState"] = "Pending"
        return self._begin(group, self._start(group), api_version, 202, Telling(header="Location"))

    async def stop(self, group: Resource) -> None:
        """Stop the group's process."""
        await self.unmake(group)
        group.internals["stopped"] = True

    def _begin(
        self, group: Resource, work: Any, api_version: str, status: int, telling: Telling | None = None
    ) -> Operation:
        return self.kernel.operations.begin(
            work,
            telling or Telling(),
            at=group.id,
            location=group.location,
            api_version=api_version,
            status=status,
            body=self.show(group),
            resource=group,
        )

    async def _start(self, group: Resource) -> None:
        await self.backends.clock.spend("container_group.start")
        container = group.properties["containers"][0]
        identities = (group.document.get("identity") or {}).get("userAssignedIdentities") or {}
        spec = ContainerSpec(
            name=container["name"],
            image=container["properties"]["image"],
            command=tuple(container["properties"].get("command") or ()),
            environment=group.secrets["environment"],
            restart_policy=group.properties["restartPolicy"],
            identities=tuple(identity["clientId"] for identity in identities.values()),
        )
        if self.state.get(group.id) is not group:
            return
        await self.backends.containers.start(str(group.id), spec)
        group.internals["stopped"] = False

    def _check_update(self, write: Write, existing: Resource) -> None:
        """Only a living group, and only its changeable properties, can be changed."""
        name = write.id.name
        state = self.backends.containers.state(str(existing.id))
        if state is not None and state.state == "Terminated":
            raise errors.bad_request(
                "InvalidContainerGroupUpdate",
                f"The container group '{name}' has terminated and can't be updated. You must delete it "
                "first and then create a new one.",
            )
        if _unchangeable(write.properties) != _unchangeable(existing.properties):
            raise errors.bad_request(
                "InvalidContainerGroupUpdate",
                f"The updates on container group '{name}' are invalid. If you are going to update the os "
                "type, restart policy, network profile, CPU, memory or GPU resources for a container "
                "group, you must delete it first and then create a new one.",
            )


class ContainerFunctions:
    """Start, stop, restart and logs."""

    def __init__(self, kernel: Kernel, groups: ContainerGroups) -> None:
        self._kernel = kernel
        self._groups = groups

    def functions(self) -> tuple[Function, ...]:
        """The functions, for the kernel's list."""
        group = f"{{scope}}/providers/{CONTAINER_GROUPS}/{{group}}"
        logs = f"{group}/containers/{{container}}/logs"
        read_logs = f"{CONTAINER_GROUPS}/containers/logs/read"

        def action(verb: str, run: Any) -> Function:
            return Function(
                "POST", f"{group}/{verb}", f"{CONTAINER_GROUPS}/{verb}/action", group, run, API_VERSIONS
            )

        return (
            Function("GET", logs, read_logs, f"{group}/containers/{{container}}", self.logs, API_VERSIONS),
            action("start", self.start),
            action("restart", self.restart),
            action("stop", self.stop),
        )

    async def logs(self, call: Call) -> dict[str, Any]:
        """What the container wrote; only the end of it once it has stopped."""
        group = self._kernel.existing(call.path.rpartition("/containers/")[0])
        names = [container["name"] for container in group.properties["containers"]]
        state = self._kernel.backends.containers.state(str(group.id))
        if call.arguments["container"] not in names:
            message = (
                f"The container '{call.arguments['container']}' in container group '{group.id.name}' is not "
                "found."
            )
            raise ArmError(404, "ContainerNotFound", message)
        if state is None:
            return {"content": None}
        text = self._kernel.backends.containers.log(str(group.id))
        if state.state == "Terminated":
            text = text[-LOG_BYTES_ONCE_STOPPED:]
        tail = call.query.get("tail")
        return {"content": "".join(text.splitlines(keepends=True)[-int(tail) :]) if tail else text}

    async def start(self, call: Call) -> Operation:
        """`POST …/start`: accepted, and asked after by its `Location`."""
        group = self._kernel.existing(call.path.rpartition("/")[0])
        return await self._groups.start(group, call.api_version)

    async def restart(self, call: Call) -> Reply:
        """`POST …/restart`: answered at once, without an operation to ask after."""
        await self.start(call)
        return Reply(204)

    async def stop(self, call: Call) -> Reply:
        """`POST …/stop`."""
        await self._groups.stop(self._kernel.existing(call.path.rpartition("/")[0]))
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
        # Seen in Azure (virtual-kubelet issue 296): a variable that is empty is refused like one with both.
        one = bool(variable.get("value")) != bool(variable.get("secureValue"))
        if not one or not _ENVIRONMENT_NAME.fullmatch(str(variable.get("name", ""))):
            raise errors.bad_request(
                "InvalidEnvironmentVariable",
                f"The environment variable '{variable.get('name')}' of container '{name}' in container "
                f"group '{group}' is invalid: a name has at most 63 letters, digits, '_', '.' and '-', and "
                "one of value and secureValue.",
            )


def _environment(container: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Names and values of a container's variables, secure ones included."""
    for variable in container["properties"].get("environmentVariables") or []:
        yield variable["name"], str(variable.get("value", variable.get("secureValue", "")) or "")


def _document(kernel: Kernel, write: Write) -> dict[str, Any]:
    """The group as it will be shown: secrets left out, Azure's defaults put in."""
    properties = copy.deepcopy(write.properties)
    for container in properties["containers"]:
        for variable in container["properties"].get("environmentVariables") or []:
            variable.pop("secureValue", None)
    for credential in properties.get("imageRegistryCredentials") or []:
        credential.pop("password", None)
    document = {
        "location": write.location,
        "tags": dict(write.body.get("tags") or {}),
        "properties": {
            "sku": "Standard",
            "restartPolicy": "Always",
            "initContainers": [],
            "isCustomProvisioningTimeout": False,
            **properties,
            "provisioningState": "Pending",
        },
    }
    identities = attached_identities(kernel, write)
    if identities:
        document["identity"] = {"type": "UserAssigned", "userAssignedIdentities": identities}
    return document


def _unchangeable(properties: dict[str, Any]) -> tuple[Any, ...]:
    """What an update may not change: operating system, restart policy and the containers' sizes."""
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


def _group_state(group: Resource, state: ContainerState | None) -> str:
    if group.internals.get("stopped"):
        return "Stopped"
    if state is None:
        return "Pending"
    if state.state != "Terminated":
        return "Running"
    return "Succeeded" if state.exit_code == 0 else "Failed"


def _instance_view(state: ContainerState) -> dict[str, Any]:
    started = timestamp(state.started)
    current: dict[str, Any] = {"state": state.state, "startTime": started, "detailStatus": ""}
    if state.state == "Terminated":
        current |= {"exitCode": state.exit_code, "finishTime": timestamp(state.finished)}
        current["detailStatus"] = "Completed" if state.exit_code == 0 else "Error"
    event = {"count": 1, "name": "Started", "message": "Started container", "type": "Normal"}
    event |= {"firstTimestamp": started, "lastTimestamp": started}
    return {"restartCount": state.restart_count, "currentState": current, "events": [event]}


def provider(kernel: Kernel) -> Provider:
    """Microsoft.ContainerInstance."""
    groups = ContainerGroups(kernel)
    return Provider("Microsoft.ContainerInstance", (groups,), ContainerFunctions(kernel, groups).functions())
