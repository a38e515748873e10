"""Nested deployments and conditions, over HTTP, with the real providers behind them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from tests.template_click import our_template, template_of

if TYPE_CHECKING:
    import httpx

    from tests.sandbox.azure.resource_manager.conftest import World

VERSION = "2026-06-01"
SUBSCRIPTION = "/subscriptions/5ab0ca5e-0000-4000-8000-000000000001"
GROUP = f"{SUBSCRIPTION}/resourceGroups/hub"
OTHER = f"{SUBSCRIPTION}/resourceGroups/zones"
DEPLOYMENT = "/providers/Microsoft.Resources/deployments/"
ROLES, CONTRIBUTOR = "Microsoft.Authorization/roleDefinitions", "b24988ac-6180-42a0-ab88-20f7382dd24c"
IDENTITIES = "Microsoft.ManagedIdentity/userAssignedIdentities"
IDENTITY = {"type": IDENTITIES, "apiVersion": "2024-11-30", "name": "deployer", "location": "westeurope"}


def nested(template: dict[str, Any], *, parameters: dict[str, Any] | None = None, **fields: Any) -> Any:
    """Return a nested deployment `inner` with a scope of its own."""
    properties = {
        "mode": "Incremental",
        "expressionEvaluationOptions": {"scope": "inner"},
        "parameters": {name: {"value": value} for name, value in (parameters or {}).items()},
        "template": template,
    }
    kind = {"type": "Microsoft.Resources/deployments", "apiVersion": "2025-04-01", "name": "inner"}
    return {**kind, "properties": properties, **fields}


async def deploy(world: World, template: dict[str, Any], name: str = "click", **parameters: Any) -> Any:
    """Deploy and return the properties of the deployment once it has ended."""
    accepted = await put(world, template, name, **parameters)
    assert accepted.status_code in {200, 201}, accepted.text
    async with asyncio.timeout(10):
        while True:
            properties = (await world.get(f"{GROUP}{DEPLOYMENT}{name}", VERSION)).json()["properties"]
            if properties["provisioningState"] in {"Succeeded", "Failed"}:
                return properties
            await asyncio.sleep(0.01)


async def put(world: World, template: dict[str, Any], name: str = "click", **given: Any) -> httpx.Response:
    values = {key: {"value": value} for key, value in given.items()}
    body = {"properties": {"mode": "Incremental", "template": template, "parameters": values}}
    return await world.put(f"{GROUP}{DEPLOYMENT}{name}", body, VERSION)


OUTPUT = {"where": {"type": "string", "value": "[concat(resourceGroup().name, '/', variables('own'))]"}}
INNER = template_of(variables={"own": "inner"}, outputs=OUTPUT)


async def test_a_nested_template_has_its_own_variables_and_a_record_of_its_own(world: World) -> None:
    seen = {"seen": {"type": "string", "value": "[reference('inner').outputs.where.value]"}}
    properties = await deploy(world, template_of(nested(INNER), variables={"own": "outer"}, outputs=seen))
    assert properties["outputs"]["seen"]["value"] == "hub/inner"
    record = (await world.get(f"{GROUP}{DEPLOYMENT}inner", VERSION)).json()["properties"]
    assert (record["provisioningState"], record["outputs"]["where"]["value"]) == ("Succeeded", "hub/inner")


async def test_a_nested_template_can_go_to_another_group(world: World) -> None:
    await world.make(OTHER, {"location": "westeurope"}, "2025-04-01")
    inner = template_of(IDENTITY, **{key: INNER[key] for key in ("variables", "outputs")})
    properties = await deploy(world, template_of(nested(inner, resourceGroup="zones")))
    assert properties["provisioningState"] == "Succeeded"
    assert (await world.get(f"{OTHER}/providers/{IDENTITIES}/deployer", "2024-11-30")).status_code == 200
    record = (await world.get(f"{OTHER}{DEPLOYMENT}inner", VERSION)).json()
    assert record["properties"]["outputs"]["where"]["value"] == "zones/inner"


async def test_a_missing_group_of_a_nested_template_is_found_before_anything_is_created(world: World) -> None:
    refused = await put(world, template_of(IDENTITY, nested(INNER, resourceGroup="nosuch")))
    assert refused.status_code == 400
    assert [one["code"] for one in refused.json()["error"]["details"]] == ["ResourceGroupNotFound"]


async def test_what_fails_inside_fails_the_outer_deployment_with_its_reason(world: World) -> None:
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
    properties = await deploy(world, template_of(nested(template_of(IDENTITY, assignment))))
    codes, error = [], properties["error"]
    while error:
        codes.append(error["code"])
        error = (error.get("details") or [None])[0]
    assert codes == ["DeploymentFailed", "ResourceDeploymentFailure", "DeploymentFailed", "PrincipalNotFound"]


async def test_an_outer_scope_is_said_to_be_lacking(world: World) -> None:
    outer = nested(INNER)
    outer["properties"]["expressionEvaluationOptions"] = {"scope": "outer"}
    refused = await put(world, template_of(outer))
    assert "set expressionEvaluationOptions.scope to inner" in refused.json()["error"]["message"]


async def test_parameters_that_need_a_resource_keep_the_nested_template_from_being_validated(
    world: World,
) -> None:
    inner = template_of(parameters={"id": {"type": "string"}})
    waits = nested(inner, parameters={"id": "[reference('deployer').clientId]"}, dependsOn=["deployer"])
    properties = await deploy(world, template_of(IDENTITY, waits))
    assert properties["provisioningState"] == "Succeeded"
    assert [one["code"] for one in properties["diagnostics"]] == ["NestedDeploymentShortCircuited"]


CONDITIONAL = {
    **IDENTITY,
    "name": "tagged",
    "condition": False,
    "tags": {"other": f"[reference(resourceId('{IDENTITIES}', 'nosuch'), '2024-11-30').clientId]"},
}


async def test_a_reference_is_evaluated_even_if_the_condition_is_false(world: World) -> None:
    properties = await deploy(world, template_of(CONDITIONAL))
    assert properties["provisioningState"] == "Failed"
    assert [one["code"] for one in properties["error"]["details"]] == ["ResourceNotFound"]


async def test_if_keeps_a_reference_from_being_evaluated(world: World) -> None:
    guarded = {"other": CONDITIONAL["tags"]["other"].replace("[", "[if(false(), ", 1).replace("]", ", '')]")}  # type: ignore[index]
    properties = await deploy(world, template_of({**CONDITIONAL, "tags": guarded}))
    assert properties["provisioningState"] == "Succeeded"
    assert properties["outputResources"] == []


@pytest.mark.parametrize("given", [{"servicePrincipalAppId": "5e9d1c1e-0000-4000-8000-000000000004"}, {}])
async def test_each_way_to_click_works(world: World, given: dict[str, Any]) -> None:
    if not given:
        by_it = f"{GROUP}/providers/{IDENTITIES}/by-it"
        await world.make(by_it, {"location": "westeurope"}, "2024-11-30")
        given = {"identityResourceId": by_it}
    properties = await deploy(world, our_template(), binderHubName="my-hub", **given)
    assert properties["provisioningState"] == "Succeeded"


async def test_a_click_works_after_its_identity_was_deleted(world: World) -> None:
    await deploy(world, our_template(), "first", binderHubName="my-hub")
    await world.delete(f"{GROUP}/providers/{IDENTITIES}/my-hub-deployer", "2024-11-30")
    properties = await deploy(world, our_template(), "second", binderHubName="my-hub")
    assert properties["provisioningState"] == "Succeeded", properties.get("error")


async def test_the_identity_may_write_records_of_the_zone_alone(world: World) -> None:
    await world.make(OTHER, {"location": "westeurope"}, "2025-04-01")
    zone = f"{OTHER}/providers/Microsoft.Network/dnsZones/example.org"
    await world.make(zone, {"location": "global"}, "2018-05-01")
    given = {"domainName": "example.org", "dnsZoneResourceGroup": "zones", "contactEmail": "a@example.org"}
    properties = await deploy(world, our_template(), binderHubName="my-hub", **given)
    assert properties["provisioningState"] == "Succeeded", properties.get("error")
    await asyncio.sleep(0.1)  # the assignment takes effect 3 ms after it was made
    shown = (await world.get(f"{GROUP}/providers/{IDENTITIES}/my-hub-deployer", "2024-11-30")).json()
    identity = next(
        one for one in world.people.members.values() if one.object_id == shown["properties"]["principalId"]
    )
    allows = world.manager.rights.allows
    assert allows(identity, "Microsoft.Network/dnsZones/CNAME/write", zone)
    assert not allows(identity, "Microsoft.Network/dnsZones/write", OTHER)


async def test_a_zone_that_does_not_exist_fails_the_click_before_the_container_starts(world: World) -> None:
    given = {"domainName": "example.org", "dnsZoneResourceGroup": "hub", "contactEmail": "a@example.org"}
    properties = await deploy(world, our_template(), binderHubName="my-hub", **given)
    assert properties["provisioningState"] == "Failed"
    assert "Microsoft.Network/dnsZones/example.org" in str(properties["error"])
    assert world.containers.specs == {}
