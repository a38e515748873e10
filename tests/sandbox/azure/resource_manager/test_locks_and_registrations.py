"""What keeps even an Owner from changing things: management locks, and providers that are not registered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sandbox.azure.resource_manager.app import OTHER_SUBSCRIPTION_ID

if TYPE_CHECKING:
    from tests.sandbox.azure.resource_manager.conftest import World

SUBSCRIPTION = "/subscriptions/5ab0ca5e-0000-4000-8000-000000000001"
GROUP = f"{SUBSCRIPTION}/resourceGroups/hub"
IDENTITY = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/deployer"
DEPLOYMENT = f"{GROUP}/providers/Microsoft.Resources/deployments/click"
VERSION, IDENTITY_VERSION, LOCK_VERSION = "2025-04-01", "2024-11-30", "2016-09-01"


async def lock(world: World, scope: str, level: str = "CanNotDelete") -> None:
    await world.make(
        f"{scope}/providers/Microsoft.Authorization/locks/it", {"properties": {"level": level}}, LOCK_VERSION
    )


@pytest.mark.parametrize("locked", [GROUP, IDENTITY])
@pytest.mark.parametrize("deleted", [GROUP, IDENTITY])
async def test_a_lock_keeps_what_lies_at_above_and_beneath_it(
    world: World, locked: str, deleted: str
) -> None:
    await world.make(IDENTITY, {"location": "westeurope"}, IDENTITY_VERSION)
    await lock(world, locked)
    version = VERSION if deleted == GROUP else IDENTITY_VERSION
    refused = await world.delete(deleted, version)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "ScopeLocked")
    assert f"locked: '{locked}'" in refused.json()["error"]["message"]
    await world.delete(f"{locked}/providers/Microsoft.Authorization/locks/it", LOCK_VERSION)
    assert (await world.delete(deleted, version)).is_success


@pytest.mark.parametrize(("level", "status"), [("CanNotDelete", 201), ("ReadOnly", 409)])
async def test_only_a_read_only_lock_forbids_changes(world: World, level: str, status: int) -> None:
    await lock(world, GROUP, level)
    answer = await world.put(IDENTITY, {"location": "westeurope"}, IDENTITY_VERSION)
    assert answer.status_code == status


async def test_a_contributor_neither_sets_nor_removes_locks(world: World) -> None:
    somebody = world.people.add("somebody")
    world.manager.grant(somebody, "Contributor", GROUP)
    path, body = f"{GROUP}/providers/Microsoft.Authorization/locks/it", {"properties": {"level": "ReadOnly"}}
    assert (await world.put(path, body, LOCK_VERSION, by=somebody)).status_code == 403
    await lock(world, GROUP)
    assert (await world.delete(path, LOCK_VERSION, by=somebody)).status_code == 403


async def test_deleting_an_absent_group_is_refused_unlike_an_absent_resource(world: World) -> None:
    group = await world.delete(f"{SUBSCRIPTION}/resourceGroups/absent", VERSION)
    assert (group.status_code, group.json()["error"]["code"]) == (404, "ResourceGroupNotFound")
    assert (await world.delete(IDENTITY, IDENTITY_VERSION)).status_code == 204


async def test_two_slashes_are_one(world: World) -> None:
    await world.make(IDENTITY, {"location": "westeurope"}, IDENTITY_VERSION)
    path = IDENTITY.replace("ManagedIdentity/", "ManagedIdentity//")
    assert (await world.get(path, IDENTITY_VERSION)).json()["name"] == "deployer"


def template(*types: str) -> dict[str, Any]:
    resources = [
        {"type": kind, "apiVersion": IDENTITY_VERSION, "name": "deployer", "location": "westeurope"}
        for kind in types
    ]
    document = {"$schema": "https://schema", "contentVersion": "1.0.0.0", "resources": resources}
    return {"properties": {"mode": "Incremental", "template": document}}


@pytest.mark.parametrize("unregistered", [("Microsoft.ManagedIdentity",)])
class TestNewSubscription:
    """A subscription that has not registered a provider."""

    BODY = template("Microsoft.ManagedIdentity/userAssignedIdentities")

    async def test_a_template_registers_what_it_names_for_an_owner(self, world: World) -> None:
        await world.make(DEPLOYMENT, self.BODY, VERSION)
        assert (await world.get(IDENTITY, IDENTITY_VERSION)).status_code == 200

    async def test_a_template_of_somebody_without_rights_on_the_subscription_is_refused(
        self, world: World
    ) -> None:
        somebody = world.people.add("somebody")
        world.manager.grant(somebody, "Contributor", GROUP)
        refused = await world.put(DEPLOYMENT, self.BODY, VERSION, by=somebody)
        assert refused.status_code == 409
        (detail,) = refused.json()["error"]["details"]
        assert (detail["code"], detail["target"]) == (
            "MissingSubscriptionRegistration",
            "Microsoft.ManagedIdentity",
        )

    async def test_the_right_to_register_is_the_providers_own(self, world: World) -> None:
        somebody = world.people.add("somebody")
        world.manager.grant(somebody, "Contributor", GROUP)
        register = f"{SUBSCRIPTION}/providers/Microsoft.ManagedIdentity/register"
        refused = await world.post(register, VERSION, by=somebody)
        assert "'Microsoft.ManagedIdentity/register/action' over scope" in refused.json()["error"]["message"]


async def test_who_has_no_role_in_the_other_subscription_does_not_see_it(world: World) -> None:
    listed = (await world.get("/subscriptions", VERSION)).json()["value"]
    assert OTHER_SUBSCRIPTION_ID not in [each["subscriptionId"] for each in listed]
    world.manager.grant(world.owner, "Reader", f"/subscriptions/{OTHER_SUBSCRIPTION_ID}")
    listed = (await world.get("/subscriptions", VERSION)).json()["value"]
    assert len(listed) == 2
