"""Resource groups, the lists of resources, and what is looked up before anything is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.sandbox.azure.resource_manager.conftest import World

SUBSCRIPTION = "/subscriptions/5ab0ca5e-0000-4000-8000-000000000001"
GROUP = f"{SUBSCRIPTION}/resourceGroups/hub"
IDENTITIES = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities"
CLUSTER = f"{GROUP}/providers/Microsoft.ContainerService/managedClusters/aks"
CLUSTER_BODY = {
    "location": "westeurope",
    "identity": {"type": "SystemAssigned"},
    "properties": {
        "dnsPrefix": "hub",
        "agentPoolProfiles": [{"name": "system", "mode": "System", "vmSize": "Standard_D4s_v5", "count": 2}],
    },
}
VERSION, IDENTITY_VERSION = "2025-04-01", "2024-11-30"


async def identities(world: World) -> None:
    """Two identities, one of them tagged."""
    await world.make(
        f"{IDENTITIES}/tagged", {"location": "westeurope", "tags": {"of": "hub"}}, IDENTITY_VERSION
    )
    await world.make(f"{IDENTITIES}/plain", {"location": "westeurope"}, IDENTITY_VERSION)


async def test_a_groups_tags_are_replaced(world: World) -> None:
    answer = await world.client(world.owner).patch(
        GROUP, json={"tags": {"a": "b"}}, params={"api-version": VERSION}
    )
    assert answer.json()["tags"] == {"a": "b"}


async def test_a_group_does_not_move(world: World) -> None:
    answer = await world.put(GROUP, {"location": "uksouth"}, VERSION)
    assert answer.json()["error"]["code"] == "InvalidResourceGroupLocation"


async def test_a_groups_existence_is_checked_by_head(world: World) -> None:
    client = world.client(world.owner)
    there = await client.head(GROUP, params={"api-version": VERSION})
    absent = await client.head(f"{GROUP}2", params={"api-version": VERSION})
    assert (there.status_code, absent.status_code) == (204, 404)


async def test_a_groups_name_is_judged(world: World) -> None:
    answer = await world.put(f"{SUBSCRIPTION}/resourceGroups/a+b", {"location": "uksouth"}, VERSION)
    assert answer.json()["error"]["code"] == "InvalidResourceGroup"


async def test_deleting_a_group_ends_all_that_is_in_it(world: World) -> None:
    await world.make(CLUSTER, CLUSTER_BODY, "2026-08-01")
    begun = await world.delete(GROUP, VERSION)
    assert begun.status_code == 202
    async for answer in world.polls(begun.headers["Location"]):
        last = answer
    (control_plane,) = world.clusters.made.values()
    assert (last.status_code, control_plane.calls) == (200, ["delete"])
    assert (await world.get(GROUP, VERSION)).status_code == 404
    assert (await world.get(f"{SUBSCRIPTION}/resourceGroups", VERSION)).json()["value"] == []


@pytest.mark.parametrize("time_scale", [0.01])
async def test_a_group_that_is_being_deleted_takes_nothing(world: World) -> None:
    await world.delete(GROUP, VERSION)
    answer = await world.put(f"{IDENTITIES}/late", {"location": "westeurope"}, IDENTITY_VERSION)
    assert answer.json()["error"]["code"] == "ResourceGroupBeingDeleted"


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ("", ["tagged", "plain"]),
        ("tagName eq 'of' and tagValue eq 'hub'", ["tagged"]),
        ("tagName eq 'of' and tagValue eq 'other'", []),
        ("resourceType eq 'microsoft.managedidentity/userassignedidentities'", ["tagged", "plain"]),
        ("resourceType eq 'Microsoft.Storage/storageAccounts'", []),
    ],
)
async def test_resources_are_listed_by_filter(world: World, wanted: str, names: list[str]) -> None:
    await identities(world)
    for path in (f"{GROUP}/resources", f"{SUBSCRIPTION}/resources"):
        query = {"$filter": wanted} if wanted else {}
        listed = (await world.get(path, VERSION, query=query)).json()["value"]
        assert [each["name"] for each in listed] == names


async def test_a_filter_that_is_not_understood_is_refused(world: World) -> None:
    answer = await world.get(f"{GROUP}/resources", VERSION, query={"$filter": "startswith(name, 'a')"})
    assert answer.json()["error"]["code"] == "InvalidFilterInQueryString"


async def test_lists_show_only_what_may_be_read(world: World) -> None:
    await identities(world)
    somebody = world.people.add("somebody")
    world.manager.grant(somebody, "Reader", f"{IDENTITIES}/plain")
    listed = await world.get(f"{SUBSCRIPTION}/resources", VERSION, by=somebody)
    groups = await world.get(f"{SUBSCRIPTION}/resourceGroups", VERSION, by=somebody)
    assert [each["name"] for each in listed.json()["value"]] == ["plain"]
    assert groups.json()["value"] == []


async def test_a_list_can_be_older_than_what_a_get_shows(world: World) -> None:
    await identities(world)
    world.manager.lists.set_age(1e6)
    before = (await world.get(f"{GROUP}/resources", VERSION)).json()["value"]
    await world.delete(f"{IDENTITIES}/tagged", IDENTITY_VERSION)
    await world.make(f"{IDENTITIES}/late", {"location": "westeurope"}, IDENTITY_VERSION)
    assert (await world.get(f"{GROUP}/resources", VERSION)).json()["value"] == before
    assert (await world.get(f"{IDENTITIES}/tagged", IDENTITY_VERSION)).status_code == 404
    world.manager.lists.set_age(0)
    listed = (await world.get(f"{GROUP}/resources", VERSION)).json()["value"]
    assert [each["name"] for each in listed] == ["plain", "late"]


async def test_a_type_is_listed_in_its_group(world: World) -> None:
    await identities(world)
    listed = (await world.get(IDENTITIES, IDENTITY_VERSION)).json()["value"]
    assert [each["name"] for each in listed] == ["tagged", "plain"]


async def test_a_subscription_is_seen_by_who_has_a_role_in_it(world: World) -> None:
    member, stranger = world.people.add("member"), world.people.add("stranger")
    world.manager.grant(member, "Contributor", GROUP)
    seen = (await world.get("/subscriptions", "2022-12-01", by=member)).json()["value"]
    unseen = (await world.get("/subscriptions", "2022-12-01", by=stranger)).json()["value"]
    assert ([each["displayName"] for each in seen], unseen) == (["Sandbox"], [])


async def test_the_tenant_and_the_regions_are_told(world: World) -> None:
    (tenant,) = (await world.get("/tenants", "2022-12-01")).json()["value"]
    regions = (await world.get(f"{SUBSCRIPTION}/locations", "2022-12-01")).json()["value"]
    assert tenant["tenantId"] == world.people.tenant_id
    assert ("westeurope", "West Europe") in [(each["name"], each["displayName"]) for each in regions]


async def test_a_provider_tells_its_types(world: World) -> None:
    answer = (await world.get(f"{SUBSCRIPTION}/providers/microsoft.containerservice", VERSION)).json()
    kinds: dict[str, Any] = {each["resourceType"]: each for each in answer["resourceTypes"]}
    assert answer["registrationState"] == "Registered"
    assert "2026-08-01" in kinds["managedClusters"]["apiVersions"]


async def test_usages_count_the_clusters_cores(world: World) -> None:
    await world.make(CLUSTER, CLUSTER_BODY, "2026-08-01")
    path = f"{SUBSCRIPTION}/providers/Microsoft.Compute/locations/westeurope/usages"
    usages = {each["name"]["value"]: each for each in (await world.get(path, "2026-04-01")).json()["value"]}
    assert (usages["cores"]["currentValue"], usages["cores"]["limit"]) == (8, 10)
    assert usages["standardDSv5Family"]["currentValue"] == 8


async def test_sizes_can_be_asked_for_one_region(world: World) -> None:
    path = f"{SUBSCRIPTION}/providers/Microsoft.Compute/skus"
    sizes = (await world.get(path, "2021-07-01", query={"$filter": "location eq 'uksouth'"})).json()["value"]
    assert {"Standard_D2s_v5"} <= {each["name"] for each in sizes}
    assert {tuple(each["locations"]) for each in sizes} == {("uksouth",)}


@pytest.mark.parametrize(("label", "available"), [("taken", False), ("free", True)])
async def test_a_dns_label_can_be_checked_beforehand(world: World, label: str, available: bool) -> None:  # noqa: FBT001
    world.clusters.labels.add(("westeurope", "taken"))
    path = f"{SUBSCRIPTION}/providers/Microsoft.Network/locations/westeurope/checkDnsNameAvailability"
    answer = await world.get(path, "2025-05-01", query={"domainNameLabel": label})
    assert answer.json() == {"available": available}
