"""Deployments of templates, over HTTP, with the real providers behind them."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.template_click import our_template, template_of

if TYPE_CHECKING:
    import httpx

    from sandbox.azure.identity.directory import Principal
    from tests.sandbox.azure.resource_manager.conftest import World

VERSION = "2025-04-01"
GROUP = "/subscriptions/5ab0ca5e-0000-4000-8000-000000000001/resourceGroups/hub"
DEPLOYMENT = f"{GROUP}/providers/Microsoft.Resources/deployments/click"
ROLES, CONTRIBUTOR = "Microsoft.Authorization/roleDefinitions", "b24988ac-6180-42a0-ab88-20f7382dd24c"
IDENTITY = {
    "type": "Microsoft.ManagedIdentity/userAssignedIdentities",
    "apiVersion": "2024-11-30",
    "name": "deployer",
    "location": "westeurope",
}


def request(template: dict[str, Any], **parameters: Any) -> dict[str, Any]:
    values = {name: {"value": value} for name, value in parameters.items()}
    return {"properties": {"mode": "Incremental", "template": template, "parameters": values}}


async def put(
    world: World, template: dict[str, Any], by: Principal | None = None, **parameters: Any
) -> httpx.Response:
    return await world.put(DEPLOYMENT, request(template, **parameters), VERSION, by)


async def outcome(world: World) -> dict[str, Any]:
    """Return the deployment's properties once it has ended."""
    async with asyncio.timeout(10):
        while True:
            properties: dict[str, Any] = (await world.get(DEPLOYMENT, VERSION)).json()["properties"]
            if properties["provisioningState"] in {"Succeeded", "Failed", "Canceled"}:
                return properties
            await asyncio.sleep(0.01)


async def click(world: World, **parameters: Any) -> dict[str, Any]:
    accepted = await put(world, our_template(), binderHubName="my-hub", **parameters)
    assert accepted.status_code in {200, 201}, accepted.text
    return await outcome(world)


def person_in_the_group(world: World, role: str) -> Principal:
    person = world.people.add("person", "User")
    world.manager.grant(person, role, GROUP)
    return person


async def test_a_click_ends_with_a_running_container(world: World) -> None:
    assert (await click(world))["provisioningState"] == "Succeeded"
    ((group, spec),) = world.containers.specs.items()
    assert spec.image.startswith("ghcr.io/")
    assert spec.environment["BINDERHUB_NAME"] == "my-hub"
    assert await world.attached_clients(group) == [spec.environment["AZURE_CLIENT_ID"]]


async def test_the_containers_identity_may_work_in_the_group_and_write_blobs(world: World) -> None:
    await click(world)
    ((group, spec),) = world.containers.specs.items()
    (client_id,) = await world.attached_clients(group)
    identity = next(one for one in world.people.members.values() if one.client_id == client_id)
    rights = world.manager.rights
    await asyncio.sleep(0.1)  # the assignments take effect 3 ms after they were made
    assert rights.allows(identity, "Microsoft.ContainerService/managedClusters/write", GROUP)
    assert rights.data_access(identity, spec.environment["STORAGE_ACCOUNT_NAME"], "private", write=True)


async def test_a_second_click_succeeds_and_adds_a_container_group(world: World) -> None:
    await click(world, startedAt="20261124090807")
    assert (await click(world, startedAt="20261124090808"))["provisioningState"] == "Succeeded"
    assert len(world.containers.specs) == 2


async def test_a_contributor_with_a_prepared_identity_can_click(world: World) -> None:
    prepared = await world.make(
        f"{GROUP}/providers/{IDENTITY['type']}/by-it", {"location": "westeurope"}, "2024-11-30"
    )
    person = person_in_the_group(world, "Contributor")
    accepted = await put(
        world, our_template(), person, binderHubName="my-hub", identityResourceId=prepared["id"]
    )
    assert accepted.status_code == 201
    assert (await outcome(world))["provisioningState"] == "Succeeded"


async def test_a_contributor_may_not_give_rights(world: World) -> None:
    refused = await put(
        world, our_template(), person_in_the_group(world, "Contributor"), binderHubName="my-hub"
    )
    assert refused.status_code == 400
    error = refused.json()["error"]
    assert error["code"] == "InvalidTemplateDeployment"
    assert "'Microsoft.Authorization/roleAssignments/write'" in error["message"]
    assert world.containers.specs == {}


async def test_a_deployment_is_accepted_and_polled_by_its_operation(world: World) -> None:
    accepted = await put(world, template_of(IDENTITY))
    assert accepted.status_code == 201
    assert accepted.json()["properties"]["provisioningState"] == "Accepted"
    url = accepted.headers["Azure-AsyncOperation"]
    assert f"{DEPLOYMENT}/operationStatuses/" in url
    await outcome(world)
    assert (await world.client(world.owner).get(url)).json()["status"] == "Succeeded"


async def test_a_reader_may_not_deploy(world: World) -> None:
    refused = await put(world, template_of(IDENTITY), person_in_the_group(world, "Reader"))
    assert refused.json()["error"]["code"] == "AuthorizationFailed"


async def test_the_record_holds_parameters_outputs_and_what_was_made_but_no_secret(world: World) -> None:
    properties = await click(world, helmValues="canary: 1", dockerhubPassword="canary")
    assert properties["parameters"]["binderHubName"] == {"type": "String", "value": "my-hub"}
    assert properties["parameters"]["helmValues"] == {"type": "SecureString"}
    assert properties["outputs"]["statusPage"]["value"].endswith(".web.core.windows.net/")
    assert len(properties["outputResources"]) == 8
    assert "canary" not in json.dumps(properties)
    assert "canary" not in json.dumps(world.manager.dump())


async def test_templates_may_be_sent_with_comments(world: World) -> None:
    text = json.dumps(request(template_of(IDENTITY))).replace("{", "{ // a comment\n", 1)
    client = world.client(world.owner)
    accepted = await client.put(DEPLOYMENT, content=text, params={"api-version": VERSION})
    assert accepted.status_code == 201


async def test_a_failing_resource_fails_the_deployment_with_its_error(world: World) -> None:
    assignment = {
        "type": "Microsoft.Authorization/roleAssignments",
        "apiVersion": "2022-04-01",
        "name": "[guid('x')]",
        "dependsOn": ["deployer"],
        "properties": {
            "principalId": "00000000-0000-4000-8000-000000000000",
            "roleDefinitionId": f"[subscriptionResourceId('{ROLES}', '{CONTRIBUTOR}')]",
            "description": "[reference('deployer').clientId]",
        },
    }
    accepted = await put(world, template_of(IDENTITY, assignment))
    properties = await outcome(world)
    assert properties["provisioningState"] == "Failed"
    polled = await world.client(world.owner).get(accepted.headers["Azure-AsyncOperation"])
    assert polled.json() == {"status": "Failed", "error": properties["error"]}
    assert (properties["error"]["code"], properties["error"]["target"]) == ("DeploymentFailed", DEPLOYMENT)
    assert [detail["code"] for detail in properties["error"]["details"]] == ["PrincipalNotFound"]


async def test_operations_are_listed(world: World) -> None:
    await put(world, template_of(IDENTITY))
    await outcome(world)
    listed = (await world.get(f"{DEPLOYMENT}/operations", VERSION)).json()["value"]
    assert [one["properties"]["provisioningOperation"] for one in listed] == [
        "Create",
        "EvaluateDeploymentOutput",
    ]
    assert {one["properties"]["provisioningState"] for one in listed} == {"Succeeded"}
    assert listed[0]["properties"]["targetResource"]["resourceName"] == "deployer"


async def test_validation_makes_nothing(world: World) -> None:
    answer = await world.post(
        f"{DEPLOYMENT}/validate", VERSION, request(our_template(), binderHubName="my-hub")
    )
    assert answer.status_code == 200
    assert len(answer.json()["properties"]["validatedResources"]) == 8
    assert world.blob_stores.calls == []
    assert (await world.get(DEPLOYMENT, VERSION)).status_code == 404


async def test_validation_finds_what_a_provider_would_refuse(world: World) -> None:
    wrong = {**IDENTITY, "location": "atlantis"}
    answer = await world.post(f"{DEPLOYMENT}/validate", VERSION, request(template_of(wrong)))
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["code"] == "InvalidTemplateDeployment"
    assert [detail["code"] for detail in error["details"]] == ["LocationNotAvailableForResourceType"]


@pytest.mark.parametrize(
    ("parameters", "complaint"),
    [
        ({}, "The value for the template parameter 'binderHubName' is not provided"),
        ({"binderHubName": "x"}, "Length of the value should be greater than or equal to '3'"),
        ({"binderHubName": "my-hub", "nosuch": 1}, "The template parameters 'nosuch' in the parameters file"),
        ({"binderHubName": "my-hub", "containerRegistry": "quay"}, "not part of the allowed value(s)"),
    ],
)
async def test_wrong_parameters_are_refused_at_once(
    world: World, parameters: dict[str, Any], complaint: str
) -> None:
    refused = await put(world, our_template(), **parameters)
    assert refused.status_code == 400
    assert refused.json()["error"]["code"] == "InvalidTemplate"
    assert complaint in refused.json()["error"]["message"]


async def test_what_if_tells_new_from_known(world: World) -> None:
    await world.make(
        f"{GROUP}/providers/{IDENTITY['type']}/deployer", {"location": "westeurope"}, "2024-11-30"
    )
    other = {**IDENTITY, "name": "other"}
    begun = await world.post(f"{DEPLOYMENT}/whatIf", VERSION, request(template_of(IDENTITY, other)))
    assert begun.status_code == 202
    await asyncio.sleep(0.05)
    result = (await world.client(world.owner).get(begun.headers["Location"])).json()
    kinds = {
        change["resourceId"].rpartition("/")[2]: change["changeType"]
        for change in result["properties"]["changes"]
    }
    assert kinds == {"deployer": "NoChange", "other": "Create"}


async def test_an_ended_deployment_cannot_be_cancelled(world: World) -> None:
    await put(world, template_of(IDENTITY))
    await outcome(world)
    refused = await world.post(f"{DEPLOYMENT}/cancel", VERSION)
    assert refused.status_code == 409
    assert refused.json()["error"]["code"] == "DeploymentCannotBeCancelled"


@pytest.mark.parametrize("time_scale", [0.05])
class TestWhileItRuns:
    """A deployment that takes its time."""

    async def started(self, world: World) -> None:
        await put(world, our_template(), binderHubName="my-hub")
        await asyncio.sleep(0.05)

    async def test_a_second_one_of_its_name_is_refused(self, world: World) -> None:
        await self.started(world)
        refused = await put(world, template_of(IDENTITY))
        assert refused.json()["error"]["code"] == "DeploymentActive"

    async def test_it_can_be_cancelled(self, world: World) -> None:
        await self.started(world)
        assert (await world.post(f"{DEPLOYMENT}/cancel", VERSION)).status_code == 204
        assert (await outcome(world))["provisioningState"] == "Canceled"
        assert world.containers.specs == {}


async def test_deployments_are_listed_found_and_forgotten(world: World) -> None:
    await put(world, template_of(IDENTITY))
    await outcome(world)
    listed = (await world.get(DEPLOYMENT.rpartition("/")[0], VERSION)).json()["value"]
    assert [one["name"] for one in listed] == ["click"]
    client = world.client(world.owner)
    assert (await client.head(DEPLOYMENT, params={"api-version": VERSION})).status_code == 204
    accepted = await world.delete(DEPLOYMENT, VERSION)
    assert accepted.status_code == 202
    assert [answer.status_code async for answer in world.polls(accepted.headers["Location"])][-1] == 204
    assert (await world.delete(DEPLOYMENT, VERSION)).status_code == 204
    assert (await client.head(DEPLOYMENT, params={"api-version": VERSION})).status_code == 404


@pytest.mark.parametrize(
    "properties",
    [
        {"mode": "Complete", "template": template_of()},
        {"template": template_of()},
        {"mode": "Incremental"},
        {"mode": "Incremental", "template": {"resources": []}},
        {"mode": "Incremental", "template": template_of("no object")},
        {"mode": "Incremental", "template": template_of(parameters=[])},
        {"mode": "Incremental", "template": template_of(parameters={"x": {}})},
        {"mode": "Incremental", "template": template_of(outputs={"x": {"value": "y"}})},
        {
            "mode": "Incremental",
            "template": template_of(parameters={"x": {"type": "int"}}),
            "parameters": {"x": 1},
        },
    ],
)
async def test_what_is_no_deployment_is_refused(world: World, properties: dict[str, Any]) -> None:
    refused = await world.put(DEPLOYMENT, {"properties": properties}, VERSION)
    assert refused.status_code == 400
    assert refused.json()["error"]["code"] in {"InvalidTemplate", "InvalidRequestContent"}


async def test_container_instances_refuse_an_empty_variable(world: World) -> None:
    empty = our_template()
    container = empty["resources"][-1]["properties"]["containers"][0]["properties"]
    container["environmentVariables"] = [{"name": "EMPTY", "value": ""}]
    refused = await put(world, empty, binderHubName="my-hub", servicePrincipalAppId="x")
    assert [detail["code"] for detail in refused.json()["error"]["details"]] == ["InvalidEnvironmentVariable"]
