"""What a click on the button creates."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from deployer.settings import Settings
from sandbox.azure.resource_manager.core.errors import ArmError
from sandbox.azure.resource_manager.providers.deployments.functions.deployment import ENVIRONMENT
from tests.template.clicks import (
    ACCOUNTS,
    ASSIGNMENTS,
    GROUPS,
    IDENTITIES,
    SECRETS,
    SERVICE_PRINCIPAL,
    click,
    container,
    environment,
)
from tests.template_click import (
    CONTEXT,
    DEPLOYMENTS,
    GROUP,
    SUBSCRIPTION,
    TENANT,
    RecordingRoad,
)


async def test_a_click_makes_storage_identity_rights_and_container() -> None:
    made = await click()
    assert sorted(set(made.road.types())) == [
        ASSIGNMENTS,
        GROUPS,
        IDENTITIES,
        ACCOUNTS,
        f"{ACCOUNTS}/blobServices",
        f"{ACCOUNTS}/blobServices/containers",
    ]


async def test_a_second_click_changes_nothing_but_the_container_group() -> None:
    first, second = await click(startedAt="20261124090807"), await click(startedAt="20261124090900")
    new = {put.id for put in second.road.puts} - {put.id for put in first.road.puts}
    (group,) = [one for one in new if f"/{DEPLOYMENTS}/" not in one]
    assert group.startswith(f"{GROUP}/providers/{GROUPS}/my-hub-deployer-20261124090900-")


async def test_two_hubs_in_one_group_share_nothing() -> None:
    first, second = await click(binderHubName="hub-one"), await click(binderHubName="hub-two")
    assert not {put.id for put in first.road.puts} & {put.id for put in second.road.puts}


async def test_the_container_group_is_named_after_the_time_of_the_click() -> None:
    name = (await click()).road.only(GROUPS).id.rpartition("/")[2]
    assert re.fullmatch("my-hub-deployer-20261124090807-[a-z0-9]{5}", name)


async def test_a_deployment_with_the_recorded_time_gets_a_new_container_group() -> None:
    # The portal's Redeploy sends the parameters of the record, in a deployment of a new name.
    recorded: dict[str, Any] = {"startedAt": "20261124090807"}
    first = await click(**recorded)
    again = await click(context=replace(CONTEXT, deployment={"name": "redeploy"}), **recorded)
    assert first.road.only(GROUPS).id != again.road.only(GROUPS).id


async def test_the_storage_account_is_closed_to_keys_and_the_public() -> None:
    properties = (await click()).road.only(ACCOUNTS).body["properties"]
    assert properties["allowSharedKeyAccess"] is False
    assert properties["allowBlobPublicAccess"] is False
    assert properties["minimumTlsVersion"] == "TLS1_2"
    assert properties["supportsHttpsTrafficOnly"] is True


async def test_no_site_is_public_and_the_outputs_are_private() -> None:
    road = (await click()).road
    assert "staticWebsite" not in road.only(f"{ACCOUNTS}/blobServices").body["properties"]
    containers = [put for put in road.puts if put.type == f"{ACCOUNTS}/blobServices/containers"]
    assert {put.id.rpartition("/containers/")[2] for put in containers} == {"outputs", "private"}
    assert {put.body["properties"]["publicAccess"] for put in containers} == {"None"}


async def test_deleted_outputs_can_be_restored_for_a_week() -> None:
    properties = (await click()).road.only(f"{ACCOUNTS}/blobServices").body["properties"]
    for policy in ("deleteRetentionPolicy", "containerDeleteRetentionPolicy"):
        assert (properties[policy]["enabled"], properties[policy]["days"]) == (True, 7)


@pytest.mark.parametrize(
    "name", ["hub", "my-hub", "a-hub-with-a-rather-long-name-that-is-valid-all-the-same-xy"]
)
async def test_names_keep_within_azures_rules(name: str) -> None:
    road = (await click(binderHubName=name)).road
    account = road.only(ACCOUNTS).id.rpartition("/")[2]
    assert account.isalnum()
    assert account.islower()
    assert 3 <= len(account) <= 24
    assert len(road.only(GROUPS).id.rpartition("/")[2]) <= 63


async def test_a_name_is_read_as_the_deployer_reads_it() -> None:
    road = (await click(binderHubName="My_Hub 2.0")).road
    assert road.only(IDENTITIES).id.endswith("/my-hub-2-0-deployer")
    assert road.only(GROUPS).body["tags"]["binderhub-name"] == "my-hub-2-0"


@pytest.mark.parametrize("name", ["my--hub---x", "a-------b", f"{'a' * 31}-bcd"])
async def test_container_group_names_have_no_two_hyphens_in_a_row(name: str) -> None:
    road = (await click(binderHubName=name)).road
    assert "--" not in road.only(GROUPS).id.rpartition("/")[2]


@pytest.mark.parametrize("cloud", ["AzureUSGovernment", "AzureChinaCloud"])
async def test_another_cloud_is_refused_before_anything_is_created(
    cloud: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ENVIRONMENT, "name", cloud)
    road = RecordingRoad()
    with pytest.raises(ArmError, match=rf"public cloud of Azure \(AzureCloud\) only, and this is {cloud}\."):
        await click(road)
    assert road.puts == []


async def test_the_container_can_run_in_another_region() -> None:
    made = await click(location="norwaywest", deployerLocation="norwayeast")
    locations = {put.type: put.body["location"] for put in made.road.puts if "location" in put.body}
    assert locations == {ACCOUNTS: "norwaywest", IDENTITIES: "norwaywest", GROUPS: "norwayeast"}
    assert environment(made)["RESOURCE_GROUP_LOCATION"] == "norwaywest"


async def test_a_second_click_keeps_what_it_set_on_the_blob_service() -> None:
    road = RecordingRoad()
    await click(road)
    service = road.only(f"{ACCOUNTS}/blobServices")
    kept = {
        "cors": {"corsRules": [{"allowedOrigins": ["https://example.org"]}]},
        "deleteRetentionPolicy": {"enabled": True, "days": 30},
        "containerDeleteRetentionPolicy": {"enabled": True, "days": 90},
        "isVersioningEnabled": True,
        "staticWebsite": {"enabled": True, "indexDocument": "index.html"},
    }
    road.states[service.id.lower()]["properties"].update(kept)
    road.puts.clear()
    await click(road)
    properties = road.only(f"{ACCOUNTS}/blobServices").body["properties"]
    assert {name: properties[name] for name in kept} == kept


@pytest.mark.parametrize("kind", [ACCOUNTS, IDENTITIES, GROUPS])
async def test_our_tags_stand_beside_the_users(kind: str) -> None:
    made = await click(tags={"course": "physics", "binderhub-name": "of-another"})
    assert made.road.only(kind).body["tags"] == {
        "course": "physics",
        "binderhub-name": "my-hub",
        "binderhub-created-by": "binderhub-deployer",
    }


async def test_the_container_is_as_small_as_it_gets_and_restarts_after_crashes_only() -> None:
    made = await click()
    properties = made.road.only(GROUPS).body["properties"]
    assert (properties["osType"], properties["restartPolicy"]) == ("Linux", "OnFailure")
    assert container(made)["resources"] == {"requests": {"cpu": 1, "memoryInGB": 1}}


async def test_the_container_knows_where_it_is() -> None:
    known = environment(await click(location="northeurope"))
    assert known["AZURE_SUBSCRIPTION"] == SUBSCRIPTION
    assert known["RESOURCE_GROUP_NAME"] == "teaching"
    assert known["RESOURCE_GROUP_LOCATION"] == "northeurope"
    assert known["EXIT_ZERO_WHEN_HANDLED"] == "true"


async def test_everything_is_in_the_region_that_was_chosen() -> None:
    made = await click(location="northeurope")
    assert {put.body["location"] for put in made.road.puts if "location" in put.body} == {"northeurope"}


async def test_what_is_not_given_is_not_in_the_environment() -> None:
    # Container instances refuse a variable that has neither a value nor a secure value.
    made = await click()
    assert "" not in environment(made).values()
    assert "HELM_VALUES" not in environment(made)


async def test_every_variable_is_text() -> None:
    made = await click(aksNodeCount=2, tags={"course": "physics"})
    assert {type(value) for value in environment(made).values()} == {str}
    assert environment(made)["AKS_NODE_COUNT"] == "2"
    assert environment(made)["TAGS"] == '{"course":"physics"}'


async def test_the_largest_node_count_follows_the_smallest() -> None:
    known = environment(await click(aksNodeCount=5))
    counts = {name.lower(): value for name, value in known.items() if name.startswith("AKS_NODE_COUNT")}
    needed = {"binderhub_name": "my-hub", "resource_group_name": "teaching"}
    assert Settings.model_validate({**needed, **counts}).aks_node_count_max == 5


async def test_secrets_are_secure_values_and_stand_nowhere_else() -> None:
    made = await click(**{**SERVICE_PRINCIPAL, **SECRETS})
    secure = {
        variable["name"]: variable["secureValue"]
        for variable in container(made)["environmentVariables"]
        if "secureValue" in variable
    }
    assert sorted(secure.values()) == sorted(SECRETS.values())
    container(made)["environmentVariables"] = []
    shown = repr((made.road.puts, made.outputs, made.shown_parameters))
    assert "canary" not in shown


async def test_outputs_lead_to_the_page_the_storage_and_the_group() -> None:
    made = await click()
    account = made.road.only(ACCOUNTS).id.rpartition("/")[2]
    group = made.road.only(GROUPS).id
    values = {name: output["value"] for name, output in made.outputs.items()}
    first, line = next(iter(values.items()))
    assert (first, "only started the deployer" in line, values["deployer"] in line) == (
        "nextStep",
        True,
        True,
    )
    del values["nextStep"]
    assert values == {
        "deployer": f"https://portal.azure.com/#@{TENANT}/resource{group}/overview",
        "statusPage": f"https://{account}.z6.web.core.windows.net/",
        "storageAccount": account,
        "outputsContainer": f"https://{account}.blob.core.windows.net/outputs",
        "resourceGroup": f"https://portal.azure.com/#@{TENANT}/resource{GROUP}/overview",
    }
