"""Storage accounts, the static site, containers, and who reaches the blobs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.sandbox.azure.resource_manager.conftest import World

SUBSCRIPTION = "/subscriptions/5ab0ca5e-0000-4000-8000-000000000001"
GROUP = f"{SUBSCRIPTION}/resourceGroups/hub"
ACCOUNT = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/outputs01"
VERSION = "2025-08-01"


def account(**properties: Any) -> dict[str, Any]:
    return {
        "location": "westeurope",
        "kind": "StorageV2",
        "sku": {"name": "Standard_LRS"},
        "properties": properties,
    }


async def test_an_account_is_accepted_and_there_when_its_location_answers(world: World) -> None:
    accepted = await world.put(ACCOUNT, account(), VERSION)
    assert (accepted.status_code, accepted.content) == (202, b"")
    async for answer in world.polls(accepted.headers["Location"]):
        final = answer
    assert final.json()["properties"]["provisioningState"] == "Succeeded"
    assert world.blob_stores.calls == [("create_account", "outputs01", "westeurope")]


async def test_its_endpoints_are_known(world: World) -> None:
    endpoints = (await world.make(ACCOUNT, account(), VERSION))["properties"]["primaryEndpoints"]
    assert endpoints["blob"] == "https://outputs01.blob.core.windows.net/"
    assert endpoints["web"] == "https://outputs01.z6.web.core.windows.net/"


async def test_the_static_site_and_containers_reach_the_blob_store(world: World) -> None:
    await world.make(ACCOUNT, account(), VERSION)
    site = {"enabled": True, "indexDocument": "index.html", "errorDocument404Path": "404.html"}
    await world.make(f"{ACCOUNT}/blobServices/default", {"properties": {"staticWebsite": site}}, VERSION)
    await world.make(f"{ACCOUNT}/blobServices/default/containers/outputs", {}, VERSION)
    assert world.blob_stores.calls[1:] == [
        ("set_static_website", "outputs01", "index.html", "404.html", True),
        ("create_container", "outputs01", "outputs"),
    ]


async def test_an_older_api_knows_no_static_site(world: World) -> None:
    await world.make(ACCOUNT, account(), VERSION)
    body = {"properties": {"staticWebsite": {"enabled": True}}}
    await world.make(f"{ACCOUNT}/blobServices/default", body, "2025-06-01")
    assert len(world.blob_stores.calls) == 1


@pytest.mark.parametrize("time_scale", [1.0])
async def test_a_container_has_to_wait_for_its_account(world: World) -> None:
    await world.put(ACCOUNT, account(), VERSION)
    answer = await world.put(f"{ACCOUNT}/blobServices/default/containers/outputs", {}, VERSION)
    assert answer.json()["error"]["code"] == "StorageAccountIsNotProvisioned"


async def test_a_container_is_not_public_where_the_account_forbids_it(world: World) -> None:
    await world.make(ACCOUNT, account(allowBlobPublicAccess=False), VERSION)
    body = {"properties": {"publicAccess": "Blob"}}
    answer = await world.put(f"{ACCOUNT}/blobServices/default/containers/outputs", body, VERSION)
    assert answer.json()["error"]["code"] == "PublicAccessNotPermitted"


async def test_names_are_unique_in_all_of_azure(world: World) -> None:
    await world.make(ACCOUNT, account(), VERSION)
    other = ACCOUNT.replace("resourceGroups/hub", "resourceGroups/other")
    await world.make(f"{SUBSCRIPTION}/resourceGroups/other", {"location": "uksouth"}, "2025-04-01")
    answer = await world.put(other, account(), VERSION)
    assert answer.json()["error"]["code"] == "StorageAccountAlreadyTaken"


@pytest.mark.parametrize(
    ("name", "available"), [("outputs01", False), ("outputs02", True), ("Capitals", False), ("ab", False)]
)
async def test_a_name_can_be_checked_beforehand(world: World, name: str, available: bool) -> None:  # noqa: FBT001
    await world.make(ACCOUNT, account(), VERSION)
    path = f"{SUBSCRIPTION}/providers/Microsoft.Storage/checkNameAvailability"
    answer = await world.post(path, VERSION, {"name": name, "type": "Microsoft.Storage/storageAccounts"})
    assert answer.json()["nameAvailable"] is available


async def test_keys_are_given_where_shared_keys_are_allowed(world: World) -> None:
    await world.make(ACCOUNT, account(allowSharedKeyAccess=True), VERSION)
    keys = (await world.post(f"{ACCOUNT}/listKeys", VERSION)).json()["keys"]
    assert [key["keyName"] for key in keys] == ["key1", "key2"]
    assert keys[0]["value"] not in str(world.manager.dump())


async def test_keys_are_refused_where_they_are_not(world: World) -> None:
    await world.make(ACCOUNT, account(allowSharedKeyAccess=False), VERSION)
    answer = await world.post(f"{ACCOUNT}/listKeys", VERSION)
    assert answer.json()["error"]["code"] == "KeyBasedAuthenticationNotPermitted"


async def test_deleting_ends_the_blob_store_too(world: World) -> None:
    await world.make(ACCOUNT, account(), VERSION)
    await world.delete(ACCOUNT, VERSION)
    assert world.blob_stores.calls[-1] == ("delete_account", "outputs01")
    assert (await world.get(ACCOUNT, VERSION)).status_code == 404


@pytest.mark.parametrize(
    ("role", "reads", "writes"),
    [
        ("Owner", False, False),
        ("Storage Blob Data Reader", True, False),
        ("Storage Blob Data Contributor", True, True),
        ("Storage Blob Data Owner", True, True),
    ],
)
async def test_blobs_need_a_data_role(world: World, role: str, reads: bool, writes: bool) -> None:  # noqa: FBT001
    await world.make(ACCOUNT, account(), VERSION)
    somebody = world.people.add("somebody")
    world.manager.grant(somebody, role, GROUP)
    rights = world.manager.rights
    assert rights.data_access(somebody, "outputs01", "any", write=False) is reads
    assert rights.data_access(somebody, "outputs01", "any", write=True) is writes


async def test_a_role_on_a_container_ends_there(world: World) -> None:
    await world.make(ACCOUNT, account(), VERSION)
    somebody = world.people.add("somebody")
    world.manager.grant(
        somebody, "Storage Blob Data Reader", f"{ACCOUNT}/blobServices/default/containers/outputs"
    )
    rights = world.manager.rights
    assert rights.data_access(somebody, "outputs01", "outputs", write=False)
    assert not rights.data_access(somebody, "outputs01", "private", write=False)
    assert not rights.data_access(somebody, "outputs01", "", write=False)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({**account(), "kind": "Nonsense"}, "InvalidValuesForRequestParameters"),
        ({**account(), "sku": {"name": "Nonsense"}}, "InvalidValuesForRequestParameters"),
        ({**account(), "location": ""}, "LocationRequired"),
        ({**account(), "location": "atlantis"}, "LocationNotAvailableForResourceType"),
    ],
)
async def test_nonsense_is_refused(world: World, body: dict[str, Any], code: str) -> None:
    answer = await world.put(ACCOUNT, body, VERSION)
    assert answer.json()["error"]["code"] == code
