"""Role assignments, and the identities that they are given to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from sandbox.azure.resource_manager.core.roles import BUILT_IN_ROLES, CONTRIBUTOR, OWNER, READER

if TYPE_CHECKING:
    from sandbox.azure.identity.directory import Principal
    from sandbox.azure.resource_manager.core.roles import Role
    from tests.sandbox.azure.resource_manager.conftest import World

SUBSCRIPTION = "/subscriptions/5ab0ca5e-0000-4000-8000-000000000001"
GROUP = f"{SUBSCRIPTION}/resourceGroups/hub"
IDENTITY = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/deployer"
ASSIGNMENTS = f"{GROUP}/providers/Microsoft.Authorization/roleAssignments"
FIRST, SECOND = UUID(int=1), UUID(int=2)
VERSION, IDENTITY_VERSION = "2022-04-01", "2024-11-30"


def assignment(principal: Principal, role: Role = CONTRIBUTOR, **more: Any) -> dict[str, Any]:
    definition = role.resource_id(SUBSCRIPTION.rpartition("/")[2])
    return {"properties": {"roleDefinitionId": definition, "principalId": principal.object_id, **more}}


async def may_write(world: World, principal: Principal) -> bool:
    answer = await world.put(IDENTITY, {"location": "westeurope"}, IDENTITY_VERSION, by=principal)
    return answer.status_code != 403


@pytest.mark.parametrize("time_scale", [0.002])
async def test_a_role_counts_after_a_while(world: World) -> None:
    somebody = world.people.add("somebody")
    given = await world.put(f"{ASSIGNMENTS}/{FIRST}", assignment(somebody), VERSION)
    at_once = await may_write(world, somebody)
    await world.manager.host.services.clock.spend("role_assignment.propagation")
    assert (given.status_code, at_once, await may_write(world, somebody)) == (201, False, True)


async def test_a_role_that_is_taken_away_does_not_count(world: World) -> None:
    somebody = world.people.add("somebody")
    await world.make(f"{ASSIGNMENTS}/{FIRST}", assignment(somebody), VERSION)
    await world.delete(f"{ASSIGNMENTS}/{FIRST}", VERSION)
    assert not await may_write(world, somebody)


async def test_the_same_again_changes_nothing(world: World) -> None:
    somebody = world.people.add("somebody")
    before = await world.make(f"{ASSIGNMENTS}/{FIRST}", assignment(somebody), VERSION)
    again = await world.put(f"{ASSIGNMENTS}/{FIRST}", assignment(somebody), VERSION)
    assert (again.status_code, again.json()) == (200, before)


async def test_an_assignment_is_not_given_to_somebody_else(world: World) -> None:
    await world.make(f"{ASSIGNMENTS}/{FIRST}", assignment(world.people.add("somebody")), VERSION)
    answer = await world.put(f"{ASSIGNMENTS}/{FIRST}", assignment(world.people.add("other")), VERSION)
    assert answer.json()["error"]["code"] == "RoleAssignmentUpdateNotPermitted"


async def test_the_same_role_is_not_given_twice(world: World) -> None:
    somebody = world.people.add("somebody")
    await world.make(f"{ASSIGNMENTS}/{FIRST}", assignment(somebody), VERSION)
    answer = await world.put(f"{ASSIGNMENTS}/{SECOND}", assignment(somebody), VERSION)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "RoleAssignmentExists")


async def test_an_unknown_principal_gets_nothing(world: World) -> None:
    somebody = world.people.add("somebody")
    world.people.remove(somebody.object_id)
    answer = await world.put(f"{ASSIGNMENTS}/{FIRST}", assignment(somebody), VERSION)
    assert answer.json()["error"]["code"] == "PrincipalNotFound"


async def test_the_principals_kind_has_to_be_right(world: World) -> None:
    body = assignment(world.people.add("somebody"), principalType="User")
    answer = await world.put(f"{ASSIGNMENTS}/{FIRST}", body, VERSION)
    assert answer.json()["error"]["code"] == "UnmatchedPrincipalType"


async def test_an_assignments_name_is_a_guid(world: World) -> None:
    answer = await world.put(f"{ASSIGNMENTS}/mine", assignment(world.people.add("somebody")), VERSION)
    assert answer.json()["error"]["code"] == "InvalidRoleAssignmentId"


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        ("Owner", True),
        ("Role Based Access Control Administrator", True),
        ("Contributor", False),
        ("Reader", False),
    ],
)
async def test_who_may_give_roles(world: World, role: str, allowed: bool) -> None:  # noqa: FBT001
    giver = world.people.add("giver")
    world.manager.grant(giver, role, GROUP)
    body = assignment(world.people.add("somebody"), READER)
    answer = await world.put(f"{ASSIGNMENTS}/{FIRST}", body, VERSION, by=giver)
    assert (answer.status_code == 201) is allowed


async def test_a_role_on_a_group_does_not_reach_its_neighbour_or_the_subscription(world: World) -> None:
    somebody = world.people.add("somebody")
    world.manager.grant(somebody, "Owner", GROUP)
    await world.make(f"{SUBSCRIPTION}/resourceGroups/hub2", {"location": "uksouth"}, "2025-04-01")
    neighbour = await world.get(f"{SUBSCRIPTION}/resourceGroups/hub2", "2025-04-01", by=somebody)
    providers = await world.get(f"{SUBSCRIPTION}/providers", "2025-04-01", by=somebody)
    assert (neighbour.status_code, providers.status_code) == (403, 403)


async def test_lists_hold_what_is_inherited(world: World) -> None:
    listed = (await world.get(ASSIGNMENTS, VERSION, query={"$filter": "atScope()"})).json()["value"]
    assert [each["properties"]["principalId"] for each in listed] == [world.owner.object_id]


async def test_definitions_are_found_by_name(world: World) -> None:
    path = f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions"
    listed = (await world.get(path, VERSION, query={"$filter": "roleName eq 'Owner'"})).json()["value"]
    assert [each["name"] for each in listed] == [OWNER.id]


async def test_everybody_may_ask_for_their_own_permissions(world: World) -> None:
    somebody = world.people.add("somebody")
    world.manager.grant(somebody, "Reader", GROUP)
    path = f"{GROUP}/providers/Microsoft.Authorization/permissions"
    (permission,) = (await world.get(path, VERSION, by=somebody)).json()["value"]
    assert permission["actions"] == ["*/read"]


def test_contributor_may_all_but_give_roles() -> None:
    assert CONTRIBUTOR.allows("Microsoft.ContainerService/managedClusters/write")
    assert not CONTRIBUTOR.allows("microsoft.authorization/roleAssignments/WRITE")


def test_reader_only_reads() -> None:
    assert READER.allows("Microsoft.Storage/storageAccounts/read")
    assert not READER.allows("Microsoft.Storage/storageAccounts/listKeys/action")


def test_role_ids_are_guids_and_differ() -> None:
    assert len({UUID(role.id) for role in BUILT_IN_ROLES}) == len(BUILT_IN_ROLES)


async def test_an_identity_is_a_principal_of_the_directory(world: World) -> None:
    identity = (await world.make(IDENTITY, {"location": "westeurope"}, IDENTITY_VERSION))["properties"]
    principal = world.people.by_object_id(identity["principalId"])
    assert principal is not None
    assert principal.client_id == identity["clientId"]


async def test_an_identity_again_is_the_same_principal(world: World) -> None:
    first = await world.make(IDENTITY, {"location": "westeurope"}, IDENTITY_VERSION)
    again = await world.put(IDENTITY, {"location": "westeurope"}, IDENTITY_VERSION)
    assert again.json()["properties"] == first["properties"]


async def test_a_deleted_identity_leaves_the_directory_and_its_assignment_behind(world: World) -> None:
    identity = (await world.make(IDENTITY, {"location": "westeurope"}, IDENTITY_VERSION))["properties"]
    principal = world.people.members[identity["principalId"]]
    await world.make(f"{ASSIGNMENTS}/{FIRST}", assignment(principal), VERSION)
    await world.delete(IDENTITY, IDENTITY_VERSION)
    new = (await world.make(IDENTITY, {"location": "westeurope"}, IDENTITY_VERSION))["properties"]
    again = assignment(world.people.members[new["principalId"]])
    answer = await world.put(f"{ASSIGNMENTS}/{FIRST}", again, VERSION)
    assert world.people.by_object_id(identity["principalId"]) is None
    assert answer.json()["error"]["code"] == "RoleAssignmentUpdateNotPermitted"


async def test_a_federated_credential_belongs_to_its_identity_once(world: World) -> None:
    await world.make(IDENTITY, {"location": "westeurope"}, IDENTITY_VERSION)
    properties = {"issuer": "https://x", "subject": "repo:a/b:ref:refs/heads/main", "audiences": ["api://x"]}
    first = await world.put(
        f"{IDENTITY}/federatedIdentityCredentials/a", {"properties": properties}, IDENTITY_VERSION
    )
    second = await world.put(
        f"{IDENTITY}/federatedIdentityCredentials/b", {"properties": properties}, IDENTITY_VERSION
    )
    assert (first.status_code, second.status_code) == (201, 409)
