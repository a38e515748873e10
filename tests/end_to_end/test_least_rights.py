"""One deployment where IT allows little: a lock, a closed storage account, a role on one DNS zone."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from sandbox.visitor.portal import CONTAINERS_API, GROUPS_API, Portal
from tests.end_to_end.deployments import PATIENCE_SECONDS, Ran, group_of
from tests.end_to_end.https_hubs import EMAIL, REGION, HttpsHub
from tests.end_to_end.people import (
    LOCKS_API,
    OTHER_SUBSCRIPTION,
    ZONES_API,
    add_somebody,
    it_department,
    make_group,
    set_lock,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.client import RunningSandbox

NAME, ACCOUNT = "least", "leastrights"
DOMAIN, STORAGE_API = "binders.least.example.org", "2025-08-01"
ZONE_GROUP = f"{OTHER_SUBSCRIPTION}/resourceGroups/zones"
ZONE = f"{ZONE_GROUP}/providers/Microsoft.Network/dnsZones/least.example.org"
OLD_GROUP, NEWEST_GROUP = "deploy-20260101", "deploy-20260102"


@pytest.fixture(scope="module")
def hub(sandbox: RunningSandbox, tmp_path_factory: pytest.TempPathFactory) -> HttpsHub:
    return HttpsHub(sandbox, tmp_path_factory.mktemp(NAME), NAME)


@pytest.fixture(scope="module")
def deployed(sandbox: RunningSandbox, hub: HttpsHub) -> Iterator[Ran]:
    """Deploy with no more rights than these."""
    with group_of(sandbox, NAME):
        group = make_group(sandbox, NAME, REGION)
        make_zone(sandbox)
        close_storage_account(sandbox, group)
        for name in (OLD_GROUP, NEWEST_GROUP):
            leave_container_group(sandbox, group, name)
        lock = set_lock(sandbox, group)
        somebody = add_somebody(sandbox, Contributor=group, DNS_Zone_Contributor=ZONE)
        domain = {"DOMAIN_NAME": DOMAIN, "DNS_ZONE_RESOURCE_GROUP": ZONE_GROUP}
        yield hub.deploy(**EMAIL, **domain, **somebody.settings, STORAGE_ACCOUNT_NAME=ACCOUNT)
        Portal(sandbox).arm("DELETE", lock, LOCKS_API)


def make_zone(sandbox: RunningSandbox) -> None:
    it = it_department(sandbox)
    it.arm("PUT", ZONE_GROUP, GROUPS_API, {"location": REGION})
    it.arm("PUT", ZONE, ZONES_API, {"location": "global"})


def close_storage_account(sandbox: RunningSandbox, group: str) -> None:
    """Make a storage account whose public network access a policy has switched off."""
    body = {
        "location": REGION,
        "kind": "StorageV2",
        "sku": {"name": "Standard_LRS"},
        "properties": {"publicNetworkAccess": "Disabled"},
    }
    path = f"{group}/providers/Microsoft.Storage/storageAccounts/{ACCOUNT}"
    Portal(sandbox).arm("PUT", path, STORAGE_API, body)


def leave_container_group(sandbox: RunningSandbox, group: str, name: str) -> None:
    """Make what an earlier click leaves: a container group of this hub whose container has ended."""
    properties = {
        "image": "ghcr.io/example/deployer",
        "command": ["true"],
        "resources": {"requests": {"cpu": 1, "memoryInGB": 1}},
    }
    body = {
        "location": REGION,
        "tags": {"binderhub-name": NAME},
        "properties": {
            "osType": "Linux",
            "restartPolicy": "Never",
            "containers": [{"name": "deployer", "properties": properties}],
        },
    }
    path = f"{group}/providers/Microsoft.ContainerInstance/containerGroups/{name}"
    portal = Portal(sandbox)
    portal.arm("PUT", path, CONTAINERS_API, body)
    ends = time.monotonic() + PATIENCE_SECONDS
    while portal.arm("GET", path, CONTAINERS_API)["properties"]["instanceView"]["state"] != "Succeeded":
        assert time.monotonic() < ends
        time.sleep(0.1)


def test_the_hub_is_there_all_the_same(hub: HttpsHub, deployed: Ran) -> None:
    assert deployed.status == 0, deployed.stderr
    assert hub.visit(f"https://binder.{DOMAIN}/versions") == 200


def test_the_records_are_in_the_zone_of_the_other_subscription(
    sandbox: RunningSandbox, hub: HttpsHub, deployed: Ran
) -> None:
    assert deployed.status == 0, deployed.stderr
    found = it_department(sandbox).arm("GET", f"{ZONE}/CNAME", ZONES_API)["value"]
    records = {entry["name"]: entry["properties"]["CNAMERecord"]["cname"] for entry in found}
    assert records == {"binder.binders": hub.cname_target, "hub.binders": hub.cname_target}


def test_what_a_lock_keeps_is_a_note(deployed: Ran) -> None:
    (note,) = [each for each in deployed.result["notes"] if "locked" in each]
    assert OLD_GROUP in note
    assert NEWEST_GROUP not in note


def test_a_closed_storage_account_is_a_note_before_anything_costs_money(hub: HttpsHub, deployed: Ran) -> None:
    (note,) = [each for each in deployed.result["notes"] if ACCOUNT in each]
    assert "network rule" in note
    assert str(hub.folder) in note
    assert hub.record()["status"] == "done"
    requests = hub.sandbox.requests()
    closed = next(
        index for index, one in enumerate(requests) if one["host"] == f"{ACCOUNT}.blob.core.windows.net"
    )
    cluster = next(
        index
        for index, one in enumerate(requests)
        if one["method"] == "PUT" and f"/managedClusters/{NAME}" in one["path"]
    )
    assert closed < cluster
