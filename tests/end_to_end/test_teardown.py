"""A hub is removed beside things of every kind that others made, and nothing of theirs is touched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.end_to_end.azure_cli import azure_cli, needs_azure_cli
from tests.end_to_end.deployments import click, group_of
from tests.end_to_end.governance import azure
from tests.end_to_end.https_hubs import make_zone
from tests.end_to_end.images import push_image, registry, repositories
from tests.end_to_end.people import make_group
from tests.end_to_end.teardowns import make, names, reason, resources, teardown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.client import RunningSandbox
    from sandbox.visitor.portal import Clicked
    from tests.end_to_end.deployments import Ran

HUB, ZONES, WATCHER = "leaving", "older-zones", "NetworkWatcherRG"
LOCATION = "eastus"
DOMAIN = "lab.example.edu"
OURS = {"binderhub-name": HUB, "binderhub-created-by": "binderhub-deployer"}
OTHER_HUBS = {**OURS, "binderhub-name": "staying"}
IDENTITY = "Microsoft.ManagedIdentity/userAssignedIdentities"
REGISTRY = "Microsoft.ContainerRegistry/registries"
CLUSTER = "Microsoft.ContainerService/managedClusters"
STORAGE = "Microsoft.Storage/storageAccounts"
BASIC = {"sku": {"name": "Basic"}}
POOL = {"name": "system", "mode": "System", "count": 1, "vmSize": "Standard_D2s_v5"}
RECORDS_API = "2018-05-01"


ACCOUNT = {"kind": "StorageV2", "sku": {"name": "Standard_LRS"}}
THEIR_CLUSTER = {
    "identity": {"type": "SystemAssigned"},
    "tags": OTHER_HUBS,
    "properties": {"dnsPrefix": "staying", "agentPoolProfiles": [POOL]},
}
RESOURCES: dict[str, tuple[str, str, str, dict[str, Any]]] = {
    "a registry whose name begins like the hub's": (HUB, REGISTRY, "leavingothers", BASIC),
    "a registry with the tags of the hub that it never used": (
        HUB,
        REGISTRY,
        "leavingcopied",
        {**BASIC, "tags": OURS},
    ),
    "an identity with the tags of another hub": (HUB, IDENTITY, "staying-deployer", {"tags": OTHER_HUBS}),
    "an identity that inherited the tags of the hub": (HUB, IDENTITY, "leaving-backup", {"tags": OURS}),
    "a storage account whose name begins like the hub's": (HUB, STORAGE, "leavingresults", ACCOUNT),
    "a cluster of another hub": (HUB, CLUSTER, "staying", THEIR_CLUSTER),
    "a resource in NetworkWatcherRG": (WATCHER, IDENTITY, "leaving-deployer", {"tags": OURS}),
}
FOREIGN = (
    *RESOURCES,
    "the zone",
    "a record of others",
    "a record of another hub",
    "a record with our metadata that the hub never had",
)


@dataclass(frozen=True)
class Removed:
    """A hub that was removed, and what was there before and afterwards."""

    clicked: Clicked
    foreign: dict[str, str]
    before_hub: dict[str, dict[str, Any]]
    after: dict[str, dict[str, Any]]
    ran: Ran
    again: Clicked
    kept_images: list[str]


@pytest.fixture(scope="module")
def removed(sandbox: RunningSandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Removed]:
    """Click a hub into a group full of other things, and remove it; then once more."""
    folder = tmp_path_factory.mktemp(HUB)
    with group_of(sandbox, ZONES), group_of(sandbox, WATCHER), group_of(sandbox, HUB):
        foreign = make_foreign_things(sandbox)
        before_hub = resources(sandbox)
        clicked = click(
            sandbox,
            HUB,
            LOCATION,
            contactEmail="a@example.org",
            domainName=DOMAIN,
            dnsZoneResourceGroup=ZONES,
        )
        assert clicked.succeeded, clicked.events[-1]
        with_hub = resources(sandbox)
        with registry(sandbox, "leavingothers.azurecr.io") as others:
            push_image(others, "leaving/binder-theirs", "v1")
        made = [with_hub[key] for key in with_hub.keys() - before_hub.keys()]
        (own,) = [each for each in made if each["type"] == REGISTRY]
        with registry(sandbox, own["properties"]["loginServer"]) as images:
            push_image(images, "leaving/binder-one", "v1")
            push_image(images, "leaving/binder-one", "v2")
        ran = teardown(sandbox, folder, HUB)
        after = resources(sandbox)
        again = click(sandbox, HUB, LOCATION, action="teardown", confirm=HUB)
        with registry(sandbox, "leavingothers.azurecr.io") as others:
            kept = repositories(others)
        yield Removed(clicked, foreign, before_hub, after, ran, again, kept)


def make_foreign_things(sandbox: RunningSandbox) -> dict[str, str]:
    """Create things of others, by what makes each look as if it belonged to the hub; return their ids."""
    for group in (HUB, WATCHER):
        make_group(sandbox, group, LOCATION)
    zone = make_zone(sandbox, ZONES, DOMAIN)
    theirs = {"TTL": 60, "CNAMERecord": {"cname": "elsewhere.example.net"}}
    for name, metadata in (("www", {}), ("staying", OTHER_HUBS), ("moved", OURS)):
        body = {"properties": {**theirs, "metadata": metadata}}
        azure(sandbox, "PUT", f"{zone}/CNAME/{name}", RECORDS_API, body)
    return {
        **{what: make(sandbox, *there) for what, there in RESOURCES.items()},
        "the zone": zone,
        "a record of others": f"{zone}/CNAME/www",
        "a record of another hub": f"{zone}/CNAME/staying",
        "a record with our metadata that the hub never had": f"{zone}/CNAME/moved",
    }


@pytest.mark.parametrize("what", FOREIGN)
def test_what_others_made_is_not_touched(removed: Removed, what: str) -> None:
    assert set(FOREIGN) == set(removed.foreign)
    key = removed.foreign[what].lower()
    assert removed.after[key] == removed.before_hub[key]


def test_images_of_others_stay(removed: Removed) -> None:
    assert removed.kept_images == ["leaving/binder-theirs"]


def test_nothing_of_the_hub_is_left_but_identity_and_storage(removed: Removed) -> None:
    assert removed.ran.status == 0, removed.ran.stderr
    left = {key: each["type"] for key, each in removed.after.items() if key not in removed.before_hub}
    kept = {IDENTITY, STORAGE, "Microsoft.Authorization/roleAssignments"}
    assert {kind for key, kind in left.items() if "/deployments/" not in key} - {
        "Microsoft.Storage/storageAccounts/blobServices",
        "Microsoft.Storage/storageAccounts/blobServices/containers",
    } == kept
    for name in ("leaving-deployer", removed.clicked.account):
        assert "--everything" in reason(removed.ran, name)


def test_the_list_says_what_goes_in_which_order(removed: Removed) -> None:
    kinds = [thing["kind"] for thing in removed.ran.result["goes"]]
    releases, groups = ["helm-release"] * 3, ["container-group"]
    assert kinds == ["dns-record", "dns-record", *releases, "cluster", "registry", *groups]
    registries = [each for each in removed.ran.result["goes"] if each["kind"] == "registry"]
    assert [each["detail"] for each in registries] == ["with 2 images"]
    assert names(removed.ran, "removed") == names(removed.ran, "goes")


def test_the_records_of_the_domain_go_first(removed: Removed) -> None:
    gone = [f"{site}.{DOMAIN}" for site in ("binder", "hub")]
    assert [thing["name"] for thing in removed.ran.result["removed"]][:2] == gone


def test_what_stays_has_its_reason(removed: Removed) -> None:
    assert "belongs to the hub staying" in reason(removed.ran, "staying")
    assert "did not create" in reason(removed.ran, "leavingothers")
    assert "creates nothing of this kind and name" in reason(removed.ran, "leaving-backup")
    assert "REGISTRY_NAME" in reason(removed.ran, "leavingcopied")


def test_a_second_teardown_by_the_button_finds_nothing_to_remove(removed: Removed) -> None:
    assert removed.again.succeeded, removed.again.events[-1]
    outcomes = [event["message"] for event in removed.again.events if event.get("kind") == "step_done"]
    assert outcomes[-1].startswith("0 thing(s) are gone")


@needs_azure_cli
def test_azure_cli_finds_nothing_of_the_hub_and_the_zone_as_before(
    sandbox: RunningSandbox, removed: Removed
) -> None:
    with azure_cli(sandbox) as az:
        found = {each["id"].lower(): each["type"] for each in az("resource", "list", "--resource-group", HUB)}
        of_hub = {kind for resource, kind in found.items() if resource not in removed.before_hub}
        assert of_hub <= {IDENTITY, STORAGE, "Microsoft.ContainerInstance/containerGroups"}
        clusters = {each["name"] for each in az("aks", "list")}
        assert HUB not in clusters
        groups = {each["name"] for each in az("group", "list")}
        assert not any(name.startswith(f"{HUB}-nodes-") for name in groups)
        records = az("network", "dns", "record-set", "list", "--resource-group", ZONES, "--zone-name", DOMAIN)
        before = {key.rpartition("/")[2] for key in removed.before_hub if f"/dnszones/{DOMAIN}/" in key}
        assert {each["name"].lower() for each in records} == before
