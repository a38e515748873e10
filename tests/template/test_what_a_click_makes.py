"""What a click on the button creates, and in whose name."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from deployer.settings import Settings
from sandbox.azure.resource_manager.core.errors import ArmError
from sandbox.azure.resource_manager.providers.deployments.engine import TemplateRun
from sandbox.azure.resource_manager.providers.deployments.functions.deployment import ENVIRONMENT
from tests.template_click import (
    CONTEXT,
    DEPLOYMENTS,
    GROUP,
    PERSON,
    SUBSCRIPTION,
    TENANT,
    Click,
    RecordingRoad,
    deploy,
    our_template,
)

if TYPE_CHECKING:
    from sandbox.azure.resource_manager.providers.deployments.context import DeploymentContext

ACCOUNTS = "Microsoft.Storage/storageAccounts"
IDENTITIES = "Microsoft.ManagedIdentity/userAssignedIdentities"
ASSIGNMENTS = "Microsoft.Authorization/roleAssignments"
GROUPS = "Microsoft.ContainerInstance/containerGroups"
CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c"
BLOB_CONTRIBUTOR = "ba92f5b4-2d11-453d-a403-e96b0029c9fe"
BLOB_READER = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"
DNS_CONTRIBUTOR = "befefa01-2a29-4197-83a8-272ff33ce314"
OTHER_SUBSCRIPTION = "5ab0ca5e-0000-4000-8000-00000000000b"
PREPARED = f"{GROUP}/providers/{IDENTITIES}/by-it"
SERVICE_PRINCIPAL: dict[str, Any] = {
    "servicePrincipalAppId": "5e9d1c1e-0000-4000-8000-000000000004",
    "servicePrincipalAppKey": "canary-key",
    "servicePrincipalTenantId": TENANT,
}
SECRETS: dict[str, Any] = {
    "servicePrincipalAppKey": "canary-key",
    "dockerhubPassword": "canary-docker",
    "oauthClientSecret": "canary-oauth",
    "githubAccessToken": "canary-token",
    "helmValues": "canary: values",
}


async def click(
    road: RecordingRoad | None = None, *, context: DeploymentContext = CONTEXT, **parameters: Any
) -> Click:
    return await deploy(our_template(), {"binderHubName": "my-hub", **parameters}, road, context)


def granted(made: Click) -> set[tuple[str, str, str]]:
    """Return scope, principal and role of each assignment."""
    return {
        (
            put.id.rpartition(f"/providers/{ASSIGNMENTS}")[0],
            put.body["properties"]["principalId"],
            put.body["properties"]["roleDefinitionId"].rpartition("/")[2],
        )
        for put in made.road.puts
        if put.type == ASSIGNMENTS
    }


def container(made: Click) -> dict[str, Any]:
    properties: dict[str, Any] = made.road.only(GROUPS).body["properties"]["containers"][0]["properties"]
    return properties


def environment(made: Click) -> dict[str, str]:
    variables = container(made)["environmentVariables"]
    return {variable["name"]: variable.get("value", variable.get("secureValue")) for variable in variables}


async def with_prepared_identity(**parameters: Any) -> Click:
    road = RecordingRoad()
    await road.put(PREPARED, "2024-11-30", {})
    road.puts.clear()
    return await click(road, identityResourceId=PREPARED, **parameters)


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


def test_the_container_waits_for_everything_but_the_persons_own_role() -> None:
    run = TemplateRun(our_template(), {"binderHubName": {"value": "my-hub"}}, CONTEXT)
    needed = {one.id: one.depends_on for one in run.resources}
    (group,) = [one.id for one in run.resources if one.type == GROUPS]

    def awaited(resource: str) -> frozenset[str]:
        direct = needed[resource] & set(needed)
        return direct.union(*(awaited(one) for one in direct))

    (own_role,) = [one.id for one in run.resources if one.type == ASSIGNMENTS]
    assert awaited(group) == set(needed) - {group, own_role}


async def test_the_identity_gets_its_two_roles_and_the_person_may_read() -> None:
    made = await click()
    account = made.road.only(ACCOUNTS).id
    assert granted(made) == {
        (GROUP, "principal of my-hub-deployer", CONTRIBUTOR),
        (account, "principal of my-hub-deployer", BLOB_CONTRIBUTOR),
        (account, PERSON, BLOB_READER),
    }


async def test_the_identitys_assignments_say_that_it_is_a_service_principal() -> None:
    made = await click()
    kinds = {
        put.body["properties"].get("principalType")
        for put in made.road.puts
        if put.type == ASSIGNMENTS and put.body["properties"]["principalId"] != PERSON
    }
    assert kinds == {"ServicePrincipal"}


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


@pytest.mark.parametrize("prepared", [with_prepared_identity, lambda: click(**SERVICE_PRINCIPAL)])
async def test_with_prepared_credentials_no_identity_and_no_rights_are_made(prepared: Any) -> None:
    assert not {IDENTITIES, ASSIGNMENTS} & set((await prepared()).road.types())


async def test_the_container_runs_as_the_identity_that_was_made() -> None:
    made = await click()
    identity = made.road.only(GROUPS).body["identity"]
    assert identity == {
        "type": "UserAssigned",
        "userAssignedIdentities": {f"{GROUP}/providers/{IDENTITIES}/my-hub-deployer": {}},
    }
    assert environment(made)["AZURE_CLIENT_ID"] == "client of my-hub-deployer"


async def test_the_container_runs_as_a_prepared_identity() -> None:
    made = await with_prepared_identity()
    assert list(made.road.only(GROUPS).body["identity"]["userAssignedIdentities"]) == [PREPARED]
    assert environment(made)["AZURE_CLIENT_ID"] == "client of by-it"


async def test_with_a_service_principal_the_container_has_no_identity() -> None:
    made = await click(**SERVICE_PRINCIPAL)
    assert made.road.only(GROUPS).body["identity"] == {"type": "None"}
    assert "AZURE_CLIENT_ID" not in environment(made)
    assert environment(made)["SP_APP_ID"] == SERVICE_PRINCIPAL["servicePrincipalAppId"]


async def test_the_storage_account_is_closed_to_keys_and_the_public() -> None:
    properties = (await click()).road.only(ACCOUNTS).body["properties"]
    assert properties["allowSharedKeyAccess"] is False
    assert properties["allowBlobPublicAccess"] is False
    assert properties["minimumTlsVersion"] == "TLS1_2"
    assert properties["supportsHttpsTrafficOnly"] is True


async def test_the_static_site_is_on_and_the_outputs_are_private() -> None:
    road = (await click()).road
    assert road.only(f"{ACCOUNTS}/blobServices").body["properties"]["staticWebsite"]["enabled"] is True
    outputs = road.only(f"{ACCOUNTS}/blobServices/containers")
    assert outputs.id.endswith("/blobServices/default/containers/outputs")
    assert outputs.body["properties"]["publicAccess"] == "None"


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


@pytest.mark.parametrize(
    "context",
    [
        replace(CONTEXT, deployer={"objectId": PERSON, "tenantId": "0e4a47ee-0000-4000-8000-00000000000f"}),
        CONTEXT,
    ],
)
async def test_the_persons_own_role_is_left_out_for_guests_and_on_request(context: DeploymentContext) -> None:
    made = await click(context=context, grantOutputsAccess=context is not CONTEXT)
    assert PERSON not in {principal for _, principal, _ in granted(made)}
    assert len(granted(made)) == 2


async def test_an_identity_that_was_made_again_gets_assignments_of_its_own() -> None:
    first, again = RecordingRoad(), RecordingRoad(generation=2)
    await click(first)
    await click(again)
    names = [{put.id for put in road.puts if put.type == ASSIGNMENTS} for road in (first, again)]
    assert len(names[0] & names[1]) == 1  # the person's own


ZONES = "/subscriptions/{}/resourceGroups/zones"


@pytest.mark.parametrize(
    ("group", "zone_group"),
    [
        ("zones", ZONES.format(SUBSCRIPTION)),
        (ZONES.format(OTHER_SUBSCRIPTION), ZONES.format(OTHER_SUBSCRIPTION)),
    ],
)
@pytest.mark.parametrize(
    ("zone", "name"), [({}, "lab.example.org"), ({"dnsZoneName": "Example.org"}, "example.org")]
)
async def test_the_identity_gets_its_role_on_the_zone(
    group: str, zone_group: str, zone: dict[str, Any], name: str
) -> None:
    made = await click(domainName="lab.example.org", dnsZoneResourceGroup=group, **zone)
    scope = f"{zone_group}/providers/Microsoft.Network/dnsZones/{name}"
    assert (scope, "principal of my-hub-deployer", DNS_CONTRIBUTOR) in granted(made)


@pytest.mark.parametrize("given", [{}, {"domainName": "lab.example.org"}])
async def test_without_a_zone_no_role_is_given_on_one(given: dict[str, Any]) -> None:
    assert DNS_CONTRIBUTOR not in {role for _, _, role in granted(await click(**given))}


async def test_a_prepared_identity_gets_no_role_on_the_zone() -> None:
    made = await with_prepared_identity(domainName="lab.example.org", dnsZoneResourceGroup="zones")
    assert granted(made) == set()


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
        "isVersioningEnabled": True,
    }
    road.states[service.id.lower()]["properties"].update(kept)
    road.puts.clear()
    await click(road)
    properties = road.only(f"{ACCOUNTS}/blobServices").body["properties"]
    assert {name: properties[name] for name in kept} == kept
    assert properties["staticWebsite"]["enabled"] is True


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
    assert (first, "only started" in line, values["deployer"] in line) == ("nextStep", True, True)
    del values["nextStep"]
    assert values == {
        "deployer": f"https://portal.azure.com/#@{TENANT}/resource{group}/overview",
        "statusPage": f"https://{account}.z6.web.core.windows.net/",
        "storageAccount": account,
        "outputsContainer": f"https://{account}.blob.core.windows.net/outputs",
        "resourceGroup": f"https://portal.azure.com/#@{TENANT}/resource{GROUP}/overview",
    }
