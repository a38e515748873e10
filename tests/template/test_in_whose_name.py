"""In whose name the deployer runs after a click, and which roles the template gives."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.azure.resource_manager.providers.deployments.engine import TemplateRun
from tests.template.clicks import (
    ACCOUNTS,
    ASSIGNMENTS,
    BLOB_CONTRIBUTOR,
    BLOB_READER,
    CONTRIBUTOR,
    DNS_CONTRIBUTOR,
    GROUPS,
    IDENTITIES,
    OTHER_SUBSCRIPTION,
    PREPARED,
    SERVICE_PRINCIPAL,
    click,
    environment,
    granted,
    with_prepared_identity,
)
from tests.template_click import (
    CONTEXT,
    GROUP,
    PERSON,
    SUBSCRIPTION,
    RecordingRoad,
    our_template,
)

if TYPE_CHECKING:
    from sandbox.azure.resource_manager.providers.deployments.context import DeploymentContext


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
        (f"{account}/blobServices/default/containers/outputs", PERSON, BLOB_READER),
    }


async def test_the_identitys_assignments_say_that_it_is_a_service_principal() -> None:
    made = await click()
    kinds = {
        put.body["properties"].get("principalType")
        for put in made.road.puts
        if put.type == ASSIGNMENTS and put.body["properties"]["principalId"] != PERSON
    }
    assert kinds == {"ServicePrincipal"}


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
