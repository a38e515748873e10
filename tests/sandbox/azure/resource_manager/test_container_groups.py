"""Container groups: what their process gets, how they are doing, what may change."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.azure.resource_manager.core.state import timestamp

if TYPE_CHECKING:
    from tests.sandbox.azure.resource_manager.conftest import World

GROUP = "/subscriptions/5ab0ca5e-0000-4000-8000-000000000001/resourceGroups/hub"
CONTAINERS = f"{GROUP}/providers/Microsoft.ContainerInstance/containerGroups/deploy-1"
IDENTITY = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/deployer"
VERSION = "2025-09-01"
SECRET = "not-for-your-eyes"


def group(cpu: float = 1, identity: str | None = None, **properties: Any) -> dict[str, Any]:
    container = {
        "image": "ghcr.io/example/deployer",
        "resources": {"requests": {"cpu": cpu, "memoryInGB": 1}},
        "environmentVariables": [
            {"name": "BINDERHUB_NAME", "value": "hub"},
            {"name": "SP_APP_KEY", "secureValue": SECRET},
        ],
    }
    body: dict[str, Any] = {
        "location": "westeurope",
        "properties": {
            "osType": "Linux",
            "restartPolicy": "OnFailure",
            "containers": [{"name": "deployer", "properties": container}],
            **properties,
        },
    }
    if identity:
        body["identity"] = {"type": "UserAssigned", "userAssignedIdentities": {identity: {}}}
    return body


async def end(world: World, exit_code: int) -> dict[str, Any]:
    """End the group's process; what its GET then shows."""
    world.containers.end(CONTAINERS, exit_code, restart_count=2)
    shown: dict[str, Any] = (await world.get(CONTAINERS, VERSION)).json()["properties"]
    return shown


async def test_the_process_gets_the_environment_with_its_secrets(world: World) -> None:
    await world.make(CONTAINERS, group(), VERSION)
    spec = world.containers.specs[CONTAINERS]
    assert spec.environment == {"BINDERHUB_NAME": "hub", "SP_APP_KEY": SECRET}
    assert spec.restart_policy == "OnFailure"


async def test_no_answer_shows_a_secure_value(world: World) -> None:
    put = await world.put(CONTAINERS, group(), VERSION)
    await world.make(CONTAINERS, group(), VERSION)
    got = await world.get(CONTAINERS, VERSION)
    for text in (put.text, got.text, str(world.manager.dump())):
        assert SECRET not in text
    variables = got.json()["properties"]["containers"][0]["properties"]["environmentVariables"]
    assert variables[1] == {"name": "SP_APP_KEY"}


@pytest.mark.parametrize("time_scale", [1.0])
async def test_it_is_pending_until_its_image_is_there(world: World) -> None:
    put = await world.put(CONTAINERS, group(), VERSION)
    assert put.status_code == 201
    assert put.json()["properties"]["provisioningState"] == "Pending"
    assert put.json()["properties"]["instanceView"]["state"] == "Pending"
    assert "Azure-AsyncOperation" in put.headers


async def test_it_is_provisioned_while_it_runs(world: World) -> None:
    shown = (await world.make(CONTAINERS, group(), VERSION))["properties"]
    current = shown["containers"][0]["properties"]["instanceView"]["currentState"]
    assert (shown["provisioningState"], shown["instanceView"]["state"]) == ("Succeeded", "Running")
    assert current["state"] == "Running"
    assert "exitCode" not in current


@pytest.mark.parametrize(("exit_code", "state"), [(0, "Succeeded"), (1, "Failed")])
async def test_it_tells_how_it_ended(world: World, exit_code: int, state: str) -> None:
    await world.make(CONTAINERS, group(), VERSION)
    shown = await end(world, exit_code)
    view = shown["containers"][0]["properties"]["instanceView"]
    assert shown["instanceView"]["state"] == state
    assert (view["currentState"]["exitCode"], view["restartCount"]) == (exit_code, 2)


async def test_its_times_are_those_of_its_process(world: World) -> None:
    await world.make(CONTAINERS, group(), VERSION)
    began = world.containers.states[CONTAINERS].started
    shown = await end(world, 0)
    later = (await world.get(CONTAINERS, VERSION)).json()["properties"]
    ended = world.containers.states[CONTAINERS].finished
    current = shown["containers"][0]["properties"]["instanceView"]["currentState"]
    assert (current["startTime"], current["finishTime"]) == (timestamp(began), timestamp(ended))
    assert later == shown


async def test_a_restarted_group_starts_with_a_time_of_its_own(world: World) -> None:
    await world.make(CONTAINERS, group(), VERSION)
    before = await end(world, 1)
    restarted = await world.post(f"{CONTAINERS}/restart", VERSION)
    assert (restarted.status_code, restarted.content) == (204, b"")
    after = before
    async with asyncio.timeout(10):
        while after["instanceView"]["state"] != "Running":
            await asyncio.sleep(0.001)
            after = (await world.get(CONTAINERS, VERSION)).json()["properties"]
    (container,) = after["containers"]
    current = container["properties"]["instanceView"]["currentState"]
    assert current["state"] == "Running"
    assert "finishTime" not in current


async def test_its_log_can_be_read(world: World) -> None:
    await world.make(CONTAINERS, group(), VERSION)
    answer = await world.get(f"{CONTAINERS}/containers/deployer/logs", VERSION)
    assert answer.json() == {"content": "log of deploy-1"}


async def test_the_log_of_an_unknown_container_is_not_found(world: World) -> None:
    await world.make(CONTAINERS, group(), VERSION)
    answer = await world.get(f"{CONTAINERS}/containers/other/logs", VERSION)
    assert answer.json()["error"]["code"] == "ContainerNotFound"


async def test_an_ended_group_is_not_updated(world: World) -> None:
    await world.make(CONTAINERS, group(), VERSION)
    await end(world, 0)
    answer = await world.put(CONTAINERS, group(), VERSION)
    assert answer.json()["error"]["code"] == "InvalidContainerGroupUpdate"


async def test_a_running_group_does_not_change_its_size(world: World) -> None:
    await world.make(CONTAINERS, group(), VERSION)
    answer = await world.put(CONTAINERS, group(cpu=2), VERSION)
    assert "you must delete it first" in answer.json()["error"]["message"]


async def test_stopping_and_starting(world: World) -> None:
    await world.make(CONTAINERS, group(), VERSION)
    await world.post(f"{CONTAINERS}/stop", VERSION)
    stopped = (await world.get(CONTAINERS, VERSION)).json()["properties"]["instanceView"]["state"]
    started = await world.post(f"{CONTAINERS}/start", VERSION)
    async for answer in world.polls(started.headers["Location"]):
        last = answer
    assert (stopped, last.status_code) == ("Stopped", 200)
    assert (await world.get(CONTAINERS, VERSION)).json()["properties"]["instanceView"]["state"] == "Running"


async def test_deleting_ends_the_process(world: World) -> None:
    await world.make(CONTAINERS, group(), VERSION)
    await world.delete(CONTAINERS, VERSION)
    assert world.containers.states[CONTAINERS].state == "Terminated"


async def test_an_identity_is_attached_with_its_client_id(world: World) -> None:
    identity = await world.make(IDENTITY, {"location": "westeurope"}, "2024-11-30")
    await world.make(CONTAINERS, group(identity=IDENTITY), VERSION)
    assert await world.attached_clients(CONTAINERS) == [identity["properties"]["clientId"]]


async def test_an_absent_identity_is_refused(world: World) -> None:
    answer = await world.put(CONTAINERS, group(identity=IDENTITY), VERSION)
    assert answer.json()["error"]["code"] == "FailedIdentityOperation"


async def test_attaching_an_identity_needs_a_right_on_it(world: World) -> None:
    other = IDENTITY.replace("resourceGroups/hub", "resourceGroups/other")
    await world.make(other.partition("/providers/")[0], {"location": "uksouth"}, "2025-04-01")
    await world.make(other, {"location": "uksouth"}, "2024-11-30")
    somebody = world.people.add("somebody")
    world.manager.grant(somebody, "Contributor", GROUP)
    refused = (await world.put(CONTAINERS, group(identity=other), VERSION, by=somebody)).json()["error"]
    assert refused["code"] == "LinkedAuthorizationFailed"
    assert "userAssignedIdentities/assign/action" in refused["message"]
    assert other in refused["message"]
    world.manager.grant(somebody, "Managed Identity Operator", other)
    answer = await world.put(CONTAINERS, group(identity=other), VERSION, by=somebody)
    assert answer.status_code == 201
    assert (await world.get(other, "2024-11-30", by=somebody)).status_code == 200


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (group(osType="Amiga"), "InvalidOsType"),
        (group(cpu=0), "ResourceRequestsNotSpecified"),
        (group(containers=[]), "MissingContainers"),
    ],
)
async def test_nonsense_is_refused(world: World, body: dict[str, Any], code: str) -> None:
    answer = await world.put(CONTAINERS, body, VERSION)
    assert answer.json()["error"]["code"] == code
