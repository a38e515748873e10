"""Deployments on the paths and in the ways in which clients ask for them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.internet.github import RAW_HOST, raw_files
from sandbox.server import CHECKOUT
from tests.template_click import template_of

if TYPE_CHECKING:
    import httpx

    from tests.sandbox.azure.resource_manager.conftest import World

VERSION = "2026-06-01"
GROUP = "/subscriptions/5ab0ca5e-0000-4000-8000-000000000001/resourceGroups/hub"
DEPLOYMENT = f"{GROUP}/providers/Microsoft.Resources/deployments/click"
# As SDKs write it: no provider, and resourcegroups in lower case.
OPERATIONS = f"{GROUP.replace('resourceGroups', 'resourcegroups')}/deployments/click/operations"
IDENTITY = {
    "type": "Microsoft.ManagedIdentity/userAssignedIdentities",
    "apiVersion": "2024-11-30",
    "name": "deployer",
    "location": "westeurope",
}
RAW = f"https://{RAW_HOST}/binderhub-azure/binderhub-azure/main"


async def put(world: World, **properties: Any) -> httpx.Response:
    return await world.put(DEPLOYMENT, {"properties": {"mode": "Incremental", **properties}}, VERSION)


async def ended(world: World) -> dict[str, Any]:
    async with asyncio.timeout(10):
        while True:
            shown: dict[str, Any] = (await world.get(DEPLOYMENT, VERSION)).json()["properties"]
            if shown["provisioningState"] in {"Succeeded", "Failed"}:
                return shown
            await asyncio.sleep(0.01)


async def test_operations_are_listed_and_shown_one_by_one(world: World) -> None:
    await put(world, template=template_of(IDENTITY))
    await ended(world)
    listed = (await world.get(OPERATIONS, VERSION)).json()["value"]
    assert [one["properties"].get("targetResource", {}).get("resourceName") for one in listed] == [
        "deployer",
        None,
    ]
    one = await world.get(f"{OPERATIONS}/{listed[0]['operationId']}", VERSION)
    assert one.json() == listed[0]


async def test_an_unknown_operation_is_not_found(world: World) -> None:
    await put(world, template=template_of(IDENTITY))
    await ended(world)
    missing = await world.get(f"{OPERATIONS}/0123456789ABCDEF", VERSION)
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "DeploymentOperationNotFound")


@pytest.mark.parametrize("path", [DEPLOYMENT, OPERATIONS])
async def test_an_unknown_deployment_has_a_code_of_its_own(world: World, path: str) -> None:
    missing = await world.get(path, VERSION)
    assert missing.status_code == 404
    assert missing.json()["error"] == {
        "code": "DeploymentNotFound",
        "message": "Deployment 'click' could not be found.",
    }


async def test_a_failed_operation_says_why(world: World) -> None:
    wrong = {**IDENTITY, "name": "[concat('x', 'y')]", "tags": {"a": "[reference('nosuch').x]"}}
    await put(world, template=template_of(wrong))
    await ended(world)
    (operation,) = (await world.get(OPERATIONS, VERSION)).json()["value"]
    assert operation["properties"]["provisioningState"] == "Failed"
    assert operation["properties"]["statusCode"] == "BadRequest"


async def test_a_template_is_fetched_from_its_link(world: World) -> None:
    world.hosts.serve(RAW_HOST, raw_files(CHECKOUT))
    link = {"uri": f"{RAW}/azuredeploy.json"}
    accepted = await put(world, templateLink=link, parameters={"binderHubName": {"value": "my-hub"}})
    assert accepted.status_code == 201, accepted.text
    shown = await ended(world)
    assert (shown["provisioningState"], shown["templateLink"]) == ("Succeeded", link)


@pytest.mark.parametrize(
    "uri", [f"{RAW}/nosuch.json", "https://example.org/azuredeploy.json", f"https://{RAW_HOST}/a/b/c.json"]
)
async def test_a_link_that_leads_nowhere_is_refused(world: World, uri: str) -> None:
    world.hosts.serve(RAW_HOST, raw_files(CHECKOUT))
    refused = await put(world, templateLink={"uri": uri})
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "InvalidContentLink")


async def test_a_parameter_from_a_key_vault_is_said_to_be_lacking(world: World) -> None:
    secret = {"reference": {"keyVault": {"id": f"{GROUP}/providers/x/y"}, "secretName": "z"}}
    declared = {"word": {"type": "securestring"}}
    refused = await put(world, template=template_of(parameters=declared), parameters={"word": secret})
    assert "refers to a Key Vault secret, which the sandbox lacks" in refused.json()["error"]["message"]
