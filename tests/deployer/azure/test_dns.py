"""Records of an own domain: in which zone, whose, and in the form that Azure takes."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from deployer.azure.dns import (
    API_VERSION,
    CNAME_TYPE,
    DnsZones,
    HubRecord,
    host_of,
    is_ours,
    target_of,
    unwanted_records,
)
from tests.arm_schemas import validate_resource
from tests.deployer.hubs import AZURE_NAMES, OWN_DOMAIN, names_of

ZONE_ID = "/subscriptions/s/resourceGroups/zones/providers/Microsoft.Network/dnsZones/example.org"
RECORD = HubRecord(
    f"{ZONE_ID}/CNAME/binder.lab", "binder.lab.example.org", "demo.westeurope.cloudapp.azure.com"
)


def test_records_of_a_domain_that_the_hub_no_longer_has_are_unwanted() -> None:
    assert unwanted_records([RECORD.resource_id], {"binder.new.example.org"}, ()) == [RECORD.resource_id]
    assert unwanted_records([RECORD.resource_id], {}, ()) == [RECORD.resource_id]


def test_so_is_the_record_in_a_zone_that_another_one_replaced() -> None:
    moved = RECORD.resource_id.replace("/zones/", "/other/")
    assert unwanted_records([RECORD.resource_id, moved], {RECORD.host}, [moved]) == [RECORD.resource_id]


def test_a_record_in_the_same_zone_is_wanted_however_its_id_is_written() -> None:
    assert unwanted_records([RECORD.resource_id], {RECORD.host}, [RECORD.resource_id.upper()]) == []


def test_a_record_stays_while_somebody_else_runs_the_dns_of_the_same_domain() -> None:
    assert unwanted_records([RECORD.resource_id], {RECORD.host}, ()) == []


def test_a_record_sets_id_tells_its_host() -> None:
    assert host_of(RECORD.resource_id) == RECORD.host


def test_a_zone_in_other_letters_holds_the_same_names() -> None:
    azure = SimpleNamespace(subscription="s")
    record = DnsZones(azure, "zones").record("Example.ORG", "binder.lab.example.org", "target")  # type: ignore[arg-type]
    assert record.resource_id == f"{ZONE_ID.replace('example.org', 'Example.ORG')}/CNAME/binder.lab"


def test_what_is_put_is_what_azure_takes() -> None:
    validate_resource(CNAME_TYPE, API_VERSION, RECORD.body("demo"), name="binder.lab")


@pytest.mark.parametrize(
    ("metadata", "ours"),
    [
        ({"binderhub-name": "demo", "binderhub-created-by": "binderhub-deployer"}, True),
        ({"binderhub-name": "demo", "binderhub-created-by": "binderhub-deployer", "more": "x"}, True),
        ({"binderhub-name": "other", "binderhub-created-by": "binderhub-deployer"}, False),
        ({"binderhub-name": "demo"}, False),
        (None, False),
    ],
)
def test_only_this_hubs_metadata_makes_a_record_ours(metadata: Any, ours: bool) -> None:  # noqa: FBT001
    assert is_ours({"properties": {"metadata": metadata}}, "demo") is ours


def test_what_we_write_we_know_again() -> None:
    written = RECORD.body("demo")
    assert is_ours(written, "demo")
    assert target_of(written) == RECORD.target


@pytest.mark.parametrize("cname", [RECORD.target.upper(), f"{RECORD.target}."])
def test_a_target_is_compared_as_dns_compares_names(cname: str) -> None:
    assert target_of({"properties": {"CNAMERecord": {"cname": cname}}}) == RECORD.target


def test_azures_own_names_need_no_records() -> None:
    assert names_of(**AZURE_NAMES).cname_lines() == []
    assert names_of(**OWN_DOMAIN).cname_lines() == [
        "binder.hub.example.org. CNAME our-hub.westeurope.cloudapp.azure.com.",
        "hub.hub.example.org. CNAME our-hub.westeurope.cloudapp.azure.com.",
    ]
