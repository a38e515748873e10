"""What a container group consists of: its validation, the document that is shown, and its instance views.

Secure values go to the process only: no document has them.
"""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING, Any

from sandbox.azure.container_instances import TERMINATED
from sandbox.azure.resource_manager.core import errors
from sandbox.azure.resource_manager.core.state import Resource, timestamp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.azure.container_instances import Container
    from sandbox.azure.resource_manager.core.resource_types import PutRequest

_ENVIRONMENT_NAME = re.compile(r"[A-Za-z_.-][A-Za-z0-9_.-]{0,62}")


def check_container(group: str, container: dict[str, Any]) -> None:
    """Validate a container of a group: image, resource requests and variables."""
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


def environment_of(container: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield names and values of the variables of a container, secure ones included."""
    for variable in container["properties"].get("environmentVariables") or []:
        yield variable["name"], str(variable.get("value", variable.get("secureValue", "")) or "")


def group_document(request: PutRequest, identities: dict[str, dict[str, str]]) -> dict[str, Any]:
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


def fixed_properties(properties: dict[str, Any]) -> tuple[Any, ...]:
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


def group_state(group: Resource, container: Container | None) -> str:
    """Return the state of a group."""
    if group.internals.get("stopped"):
        return "Stopped"
    if container is None:
        return "Pending"
    if container.state != TERMINATED:
        return "Running"
    return "Succeeded" if container.exit_code == 0 else "Failed"


def instance_view(container: Container) -> dict[str, Any]:
    """Return the instance view of a group's container."""
    started = timestamp(container.started)
    current: dict[str, Any] = {"state": container.state, "startTime": started, "detailStatus": ""}
    if container.state == TERMINATED:
        current |= {"exitCode": container.exit_code, "finishTime": timestamp(container.finished)}
        current["detailStatus"] = "Completed" if container.exit_code == 0 else "Error"
    event = {"count": 1, "name": "Started", "message": "Started container", "type": "Normal"}
    event |= {"firstTimestamp": started, "lastTimestamp": started}
    return {"restartCount": container.restart_count, "currentState": current, "events": [event]}
