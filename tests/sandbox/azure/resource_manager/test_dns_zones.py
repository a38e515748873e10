"""DNS zones and record sets, with the deployer's own Azure clients through the sandbox's proxy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from azure.core.exceptions import HttpResponseError
from azure.mgmt.resource.resources.aio import ResourceManagementClient

from deployer.azure.clients import AzureClients
from sandbox.azure.resource_manager.app import SUBSCRIPTION_ID
from tests.sandbox.azure.resource_manager.internet import Token, internet

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.sandbox.azure.resource_manager.conftest import World

SUBSCRIPTION = f"/subscriptions/{SUBSCRIPTION_ID}"
GROUP, DNS_GROUP = f"{SUBSCRIPTION}/resourceGroups/hub", f"{SUBSCRIPTION}/resourceGroups/domains"
ZONES = "Microsoft.Network/dnsZones"
ZONE = f"{DNS_GROUP}/providers/{ZONES}/example.org"
VERSION = "2018-05-01"
GLOBAL = {"location": "global", "tags": {"of": "us"}, "properties": {"zoneType": "Public"}}
TARGET = "demo.westeurope.cloudapp.azure.com"


def cname(target: str = TARGET, **more: Any) -> dict[str, Any]:
    return {"properties": {"TTL": 300, "CNAMERecord": {"cname": target}, **more}}


@pytest.fixture
async def zone(world: World) -> str:
    """Make a zone in a group of its own; return its id."""
    await world.make(DNS_GROUP, {"location": "westeurope"}, "2025-04-01")
    await world.make(ZONE, GLOBAL, VERSION)
    return ZONE


@pytest.fixture
async def azure(world: World, tmp_path: Path, zone: str) -> AsyncIterator[AzureClients]:
    """Return the deployer's clients, of somebody who has rights on the zone's group only."""
    assert zone
    deployer = world.people.add("deployer")
    world.manager.grant(deployer, "DNS Zone Contributor", DNS_GROUP)
    credential = Token(world.people.token(deployer))
    async with internet(world, tmp_path) as (proxy, ca_file):
        clients = AzureClients(credential, SUBSCRIPTION_ID)
        clients.resources = ResourceManagementClient(
            credential,
            SUBSCRIPTION_ID,
            polling_interval=0.01,
            proxies={"https": proxy},
            connection_verify=ca_file,
        )
        async with clients:
            yield clients


async def refusal(
    azure: AzureClients, path: str, body: dict[str, Any], version: str = VERSION
) -> tuple[int, str, str]:
    """Return status, code and message of a PUT that is refused."""
    with pytest.raises(HttpResponseError) as refused:
        await azure.put(path, version, body)
    error = refused.value
    assert error.error is not None
    return error.status_code or 0, error.error.code or "", error.error.message or ""


async def test_a_zone_is_made_with_name_servers_and_two_record_sets(azure: AzureClients) -> None:
    found = await azure.get_json(ZONE, VERSION)
    assert (found["name"], found["location"], found["tags"]) == ("example.org", "global", {"of": "us"})
    assert [server.split(".", 1)[1] for server in found["properties"]["nameServers"]] == [
        "azure-dns.com.",
        "azure-dns.net.",
        "azure-dns.org.",
        "azure-dns.info.",
    ]
    assert found["properties"]["numberOfRecordSets"] == 2
    listed = (await azure.get_json(f"{ZONE}/recordsets", VERSION))["value"]
    assert [(each["type"].rpartition("/")[2], each["name"]) for each in listed] == [("NS", "@"), ("SOA", "@")]


async def test_zones_are_listed_in_their_group_and_in_the_subscription(world: World, zone: str) -> None:
    assert zone
    for path, names in ((DNS_GROUP, ["example.org"]), (GROUP, []), (SUBSCRIPTION, ["example.org"])):
        listed = (await world.get(f"{path}/providers/{ZONES}", VERSION)).json()["value"]
        assert [each["name"] for each in listed] == names


async def test_a_record_set_keeps_what_it_was_given(azure: AzureClients) -> None:
    await azure.put(f"{ZONE}/CNAME/binder", VERSION, cname(metadata={"binderhub-name": "demo"}))
    found = await azure.find(f"{ZONE}/CNAME/binder", VERSION)
    assert found is not None
    assert found["properties"] == {
        "metadata": {"binderhub-name": "demo"},
        "fqdn": "binder.example.org.",
        "TTL": 300,
        "CNAMERecord": {"cname": TARGET},
        "targetResource": {},
        "provisioningState": "Succeeded",
    }
    assert (await azure.get_json(ZONE, VERSION))["properties"]["numberOfRecordSets"] == 3


async def test_every_write_gives_another_etag(azure: AzureClients) -> None:
    etags = []
    for ttl in (300, 600):
        await azure.put(f"{ZONE}/CNAME/binder", VERSION, cname(TTL=ttl))
        etags.append((await azure.get_json(f"{ZONE}/CNAME/binder", VERSION))["etag"])
    assert etags[0] != etags[1]


async def test_a_record_set_that_is_not_there_is_not_found(azure: AzureClients) -> None:
    assert await azure.find(f"{ZONE}/CNAME/binder", VERSION) is None
    await azure.put(f"{ZONE}/CNAME/binder", VERSION, cname())
    await azure.delete(f"{ZONE}/CNAME/binder", VERSION)
    with pytest.raises(
        HttpResponseError, match="The resource record 'binder' does not exist in resource group"
    ):
        await azure.get_json(f"{ZONE}/CNAME/binder", VERSION)


@pytest.mark.parametrize(
    ("there", "wanted", "text"),
    [
        ("A", "CNAME", "The CNAME record could not be created because another record with the same name"),
        ("CNAME", "TXT", "The record could not be created because a CNAME record with the same name"),
    ],
)
async def test_a_cname_stands_alone(azure: AzureClients, there: str, wanted: str, text: str) -> None:
    bodies = {
        "A": {"properties": {"TTL": 60, "ARecords": [{"ipv4Address": "203.0.113.7"}]}},
        "TXT": {"properties": {"TTL": 60, "TXTRecords": [{"value": ["words"]}]}},
        "CNAME": cname(),
    }
    await azure.put(f"{ZONE}/{there}/binder", VERSION, bodies[there])
    status, code, message = await refusal(azure, f"{ZONE}/{wanted}/Binder", bodies[wanted])
    assert (status, code) == (409, "Conflict")
    assert message.startswith(text)


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        (f"{ZONE}/CNAME/@", cname(), "Conflict"),
        (f"{ZONE}/CNAME/a b", cname(), "BadRequest"),
        (f"{ZONE}/CNAME/binder", cname("no domain"), "BadRequest"),
        (f"{ZONE}/CNAME/binder", {"properties": {"CNAMERecord": {"cname": TARGET}}}, "BadRequest"),
        (f"{ZONE}/CNAME/binder", cname(ARecords=[]), "BadRequest"),
        (f"{ZONE}/A/binder", {"properties": {"TTL": 1, "ARecords": [{"ipv4Address": "::1"}]}}, "BadRequest"),
        (f"{ZONE}2/CNAME/binder", cname(), "ParentResourceNotFound"),
        (f"{DNS_GROUP}/providers/{ZONES}/org", GLOBAL, "BadRequest"),
        (f"{ZONE}2", {**GLOBAL, "location": "westeurope"}, "LocationNotAvailableForResourceType"),
        (f"{GROUP}/providers/{ZONES}/example.org", GLOBAL, "AuthorizationFailed"),
    ],
)
async def test_what_azure_dns_refuses(
    azure: AzureClients, path: str, body: dict[str, Any], code: str
) -> None:
    assert (await refusal(azure, path, body))[1] == code


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        ({"If-None-Match": "*"}, "The condition '*' in the If-None-Match header was not satisfied."),
        ({"If-Match": "older"}, "The condition 'older' in the If-Match header was not satisfied."),
    ],
)
async def test_a_condition_keeps_what_is_there(
    world: World, zone: str, condition: dict[str, str], text: str
) -> None:
    path = f"{zone}/CNAME/binder"
    made = (await world.put(path, cname(), VERSION)).json()
    parameters = {"api-version": VERSION}
    put = await world.client(world.owner).put(
        path, json=cname("b.example"), params=parameters, headers=condition
    )
    assert (put.status_code, put.json()["code"]) == (412, "PreconditionFailed")
    assert put.json()["message"].startswith(text)
    assert (await world.get(path, VERSION)).json()["etag"] == made["etag"]


async def test_an_etag_lets_its_owner_write_and_delete(world: World, zone: str) -> None:
    client, parameters = world.client(world.owner), {"api-version": VERSION}
    path = f"{zone}/CNAME/binder"
    fresh = {"If-None-Match": "*"}
    first = await client.put(path, json=cname(), params=parameters, headers=fresh)
    second = await client.put(
        path, json=cname(), params=parameters, headers={"If-Match": first.headers["etag"]}
    )
    stale = await client.delete(path, params=parameters, headers={"If-Match": first.headers["etag"]})
    last = await client.delete(path, params=parameters, headers={"If-Match": second.headers["etag"]})
    again = await client.delete(path, params=parameters)
    assert [each.status_code for each in (first, second, stale, last, again)] == [201, 200, 412, 200, 204]


async def test_only_what_is_named_is_patched(world: World, zone: str) -> None:
    await world.put(f"{zone}/CNAME/binder", cname(), VERSION)
    patched = await world.client(world.owner).patch(
        f"{zone}/CNAME/binder", json={"properties": {"TTL": 60}}, params={"api-version": VERSION}
    )
    assert patched.json()["properties"]["TTL"] == 60
    assert patched.json()["properties"]["CNAMERecord"] == {"cname": TARGET}


async def test_a_zone_goes_with_its_record_sets_and_not_without_its_own(azure: AzureClients) -> None:
    with pytest.raises(HttpResponseError, match="can't be deleted"):
        await azure.delete(f"{ZONE}/NS/@", VERSION)
    await azure.put(f"{ZONE}/CNAME/binder", VERSION, cname())
    await azure.delete(ZONE, VERSION)
    assert await azure.find(ZONE, VERSION) is None
    assert await azure.find(f"{ZONE}/CNAME/binder", VERSION) is None


@pytest.mark.parametrize("version", ["2018-05-01", "2023-07-01-preview"])
async def test_azure_clis_version_is_spoken_too(world: World, zone: str, version: str) -> None:
    made = await world.put(f"{zone}/CNAME/binder", cname(), version)
    assert (made.status_code, made.json()["properties"]["CNAMERecord"]) == (201, {"cname": TARGET})
    assert (await world.get(zone, version)).status_code == 200
