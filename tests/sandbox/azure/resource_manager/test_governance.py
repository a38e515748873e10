"""Locks and policies: what they forbid, and what policies add."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.azure.resource_manager.conftest import GROUP, SUBSCRIPTION

if TYPE_CHECKING:
    from tests.sandbox.azure.resource_manager.conftest import World

LOCKS = "2020-05-01"
POLICIES = "2025-03-01"
IDENTITIES = "2024-11-30"
IDENTITY = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/who"
AUTHORIZATION = "providers/Microsoft.Authorization"
REQUIRE_TAG = f"/{AUTHORIZATION}/policyDefinitions/871b6d14-10aa-478d-b590-94f262ecfa99"
REQUIRE_GROUP_TAG = f"/{AUTHORIZATION}/policyDefinitions/96670d01-0a4d-4649-9c89-2d3abc0a5025"
ADD_TAG = f"/{AUTHORIZATION}/policyDefinitions/4f9dc7db-30c1-420c-b61a-e1d640128d26"
HERE = {"location": "westeurope"}
TAGGED = {**HERE, "tags": {"Cost": "5"}}


async def lock(world: World, scope: str, level: str) -> None:
    await world.make(f"{scope}/{AUTHORIZATION}/locks/kept", {"properties": {"level": level}}, LOCKS)


async def assign(
    world: World, definition: str, scope: str = SUBSCRIPTION, name: str = "rule", **values: str
) -> None:
    parameters = {key: {"value": value} for key, value in values.items()}
    properties = {"policyDefinitionId": definition, "parameters": parameters}
    path = f"{scope}/{AUTHORIZATION}/policyAssignments/{name}"
    await world.make(path, {"properties": properties}, POLICIES)


async def define(world: World, rule: dict[str, Any], mode: str = "Indexed") -> str:
    path = f"{SUBSCRIPTION}/{AUTHORIZATION}/policyDefinitions/ours"
    await world.make(path, {"properties": {"mode": mode, "policyRule": rule}}, POLICIES)
    return path


async def test_a_locked_group_keeps_what_is_in_it_but_takes_changes(world: World) -> None:
    await world.make(IDENTITY, HERE, IDENTITIES)
    await lock(world, GROUP, "CanNotDelete")
    refused = await world.delete(IDENTITY, IDENTITIES)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "ScopeLocked")
    assert (
        f"cannot perform delete operation because following scope(s) are locked: '{GROUP}'"
        in (refused.json()["error"]["message"])
    )
    assert (await world.put(IDENTITY, TAGGED, IDENTITIES)).is_success


async def test_a_group_with_something_locked_in_it_stays(world: World) -> None:
    await world.make(IDENTITY, HERE, IDENTITIES)
    await lock(world, IDENTITY, "CanNotDelete")
    assert (await world.delete(GROUP, "2025-04-01")).status_code == 409


async def test_a_read_only_lock_refuses_changes_and_posts(world: World) -> None:
    account = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/kept"
    await world.make(account, {**HERE, "sku": {"name": "Standard_LRS"}, "kind": "StorageV2"}, "2025-08-01")
    await lock(world, GROUP, "ReadOnly")
    written = await world.put(IDENTITY, HERE, IDENTITIES)
    listed = await world.post(f"{account}/listKeys", "2025-08-01")
    assert [each.json()["error"]["code"] for each in (written, listed)] == ["ScopeLocked", "ScopeLocked"]


async def test_a_lock_can_be_listed_and_removed(world: World) -> None:
    await lock(world, GROUP, "ReadOnly")
    path = f"{GROUP}/{AUTHORIZATION}/locks"
    assert [each["name"] for each in (await world.get(path, LOCKS)).json()["value"]] == ["kept"]
    assert (await world.delete(f"{path}/kept", LOCKS)).is_success
    assert (await world.put(IDENTITY, HERE, IDENTITIES)).is_success


async def test_a_contributor_cannot_lock(world: World) -> None:
    somebody = world.people.add("contributor")
    world.manager.grant(somebody, "Contributor")
    body = {"properties": {"level": "ReadOnly"}}
    refused = await world.put(f"{GROUP}/{AUTHORIZATION}/locks/kept", body, LOCKS, by=somebody)
    assert refused.json()["error"]["code"] == "AuthorizationFailed"


async def test_a_resource_without_a_required_tag_is_refused_with_the_policy_named(world: World) -> None:
    await assign(world, REQUIRE_TAG, tagName="cost")
    refused = await world.put(IDENTITY, HERE, IDENTITIES)
    error = refused.json()["error"]
    assert (refused.status_code, error["code"]) == (403, "RequestDisallowedByPolicy")
    assert error["message"].startswith("Resource 'who' was disallowed by policy. Policy identifiers: '[{")
    assert '"policyDefinition":{"name":"Require a tag on resources"' in error["message"]
    assert (await world.put(IDENTITY, TAGGED, IDENTITIES)).is_success


async def test_a_policy_on_resources_leaves_groups_alone_and_one_on_groups_does_not(world: World) -> None:
    other = f"{SUBSCRIPTION}/resourceGroups/other"
    await assign(world, REQUIRE_TAG, tagName="cost")
    assert (await world.put(other, HERE, "2025-04-01")).is_success
    await assign(world, REQUIRE_GROUP_TAG, name="groups", tagName="cost")
    assert (await world.put(other, HERE, "2025-04-01")).status_code == 403


async def test_a_policy_adds_a_tag_before_others_judge(world: World) -> None:
    await assign(world, REQUIRE_TAG, tagName="cost")
    await assign(world, ADD_TAG, name="adds", tagName="cost", tagValue="7")
    assert (await world.make(IDENTITY, HERE, IDENTITIES))["tags"] == {"cost": "7"}


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        ({"field": "location", "notIn": ["westeurope"]}, 201),
        ({"field": "location", "in": ["WestEurope"]}, 403),
        ({"field": "name", "like": "w*"}, 403),
        ({"not": {"field": "type", "equals": "Microsoft.ManagedIdentity/userAssignedIdentities"}}, 201),
        ({"allOf": [{"field": "name", "equals": "who"}, {"field": "tags.cost", "exists": False}]}, 403),
    ],
)
async def test_conditions_are_evaluated(world: World, condition: dict[str, Any], status: int) -> None:
    await assign(world, await define(world, {"if": condition, "then": {"effect": "deny"}}))
    assert (await world.put(IDENTITY, HERE, IDENTITIES)).status_code == status


async def test_what_cannot_be_evaluated_is_refused(world: World) -> None:
    rule = {"if": {"count": {}, "less": 2}, "then": {"effect": "deny"}}
    path = f"{SUBSCRIPTION}/{AUTHORIZATION}/policyDefinitions/ours"
    refused = await world.put(path, {"properties": {"policyRule": rule}}, POLICIES)
    assert refused.json()["error"]["code"] == "InvalidPolicyRule"


async def test_an_assignment_needs_a_definition_and_its_parameters(world: World) -> None:
    path = f"{SUBSCRIPTION}/{AUTHORIZATION}/policyAssignments/rule"
    for definition, code in (
        (f"{REQUIRE_TAG}x", "PolicyDefinitionNotFound"),
        (REQUIRE_TAG, "MissingPolicyParameter"),
    ):
        refused = await world.put(path, {"properties": {"policyDefinitionId": definition}}, POLICIES)
        assert refused.json()["error"]["code"] == code


async def test_anyone_may_read_the_built_in_definitions_and_learns_which_are_not(world: World) -> None:
    stranger = world.people.add("stranger")
    await define(world, {"if": {"field": "name", "exists": "false"}, "then": {"effect": "deny"}})
    built_in = (await world.get(REQUIRE_TAG, POLICIES, stranger)).json()
    assert (built_in["id"], built_in["properties"]["policyType"]) == (REQUIRE_TAG, "BuiltIn")
    for path in (
        f"/{AUTHORIZATION}/policyDefinitions/ours",
        f"{SUBSCRIPTION}/{AUTHORIZATION}/policyDefinitions/others",
    ):
        refused = await world.get(path, POLICIES)
        assert refused.status_code == 404
        assert refused.json()["error"]["code"] == "PolicyDefinitionNotFound"
    ours = await world.get(f"{SUBSCRIPTION}/{AUTHORIZATION}/policyDefinitions/ours", POLICIES)
    assert ours.json()["properties"]["policyType"] == "Custom"
