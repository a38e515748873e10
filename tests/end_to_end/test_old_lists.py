"""Commands while Azure's lists of resources are old: they show what is gone, and lack what is new."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from deployer.azure.stop_workflows import START, WORKFLOW_TYPE, describe_workflow, triggers_of
from sandbox.visitor.portal import GROUPS_API, Portal
from tests.end_to_end.deployments import run
from tests.end_to_end.governance import azure, old_lists
from tests.end_to_end.people import group_id
from tests.end_to_end.teardowns import API_VERSIONS, LOCATION, make, names, reason, resources, teardown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox.client import RunningSandbox

HUB = "remembered"
OURS = {"binderhub-name": HUB, "binderhub-created-by": "binderhub-deployer"}
CLUSTER = "Microsoft.ContainerService/managedClusters"
IDENTITY = "Microsoft.ManagedIdentity/userAssignedIdentities"
STORAGE = "Microsoft.Storage/storageAccounts"
POOL = {"name": "system", "mode": "System", "count": 1, "vmSize": "Standard_D2s_v5"}
CLUSTER_BODY = {
    "identity": {"type": "SystemAssigned"},
    "tags": OURS,
    "properties": {"dnsPrefix": HUB, "agentPoolProfiles": [POOL]},
}
NIGHTS = triggers_of("Mon-Fri 20:00-07:00", "Europe/Rome")[START]
WORKFLOW_BODY = {
    "identity": {"type": "SystemAssigned"},
    "tags": OURS,
    "properties": describe_workflow(START, f"/{HUB}", NIGHTS, None),
}
# Longer than a teardown takes: no list is renewed meanwhile.
LONG = 1e6


@pytest.fixture
def group(sandbox: RunningSandbox) -> Iterator[str]:
    """Make a group with the tags of the hub; return its id."""
    path = group_id(sandbox, HUB)
    azure(sandbox, "PUT", path, GROUPS_API, {"location": LOCATION, "tags": OURS})
    yield path
    if path.lower() in resources(sandbox):
        Portal(sandbox).remove_group(HUB)


def list_resources(sandbox: RunningSandbox, group: str) -> None:
    """Ask for the list of a group, so that it stays as it is now."""
    azure(sandbox, "GET", f"{group}/resources", GROUPS_API)


def test_what_a_teardown_has_removed_does_not_keep_the_group(
    sandbox: RunningSandbox, tmp_path: Path, group: str
) -> None:
    make(sandbox, HUB, IDENTITY, f"{HUB}-deployer", {"tags": OURS})
    with old_lists(sandbox, LONG):
        ran = teardown(sandbox, tmp_path, HUB, "--delete-resource-group")
    assert ran.status == 0, ran.stderr
    assert names(ran, "removed") == {("identity", f"{HUB}-deployer"), ("resource-group", HUB)}
    assert group.lower() not in resources(sandbox)


def test_what_was_gone_before_is_not_part_of_the_hub(
    sandbox: RunningSandbox, tmp_path: Path, group: str
) -> None:
    others = make(sandbox, HUB, IDENTITY, "of-others", {})
    before = teardown(sandbox, tmp_path, HUB, "--delete-resource-group", "--dry-run")
    assert reason(before, HUB) == "it holds something else: of-others"
    with old_lists(sandbox, LONG):
        list_resources(sandbox, group)
        azure(sandbox, "DELETE", others, API_VERSIONS[IDENTITY])
        ran = teardown(sandbox, tmp_path, HUB, "--delete-resource-group", "--dry-run")
    assert names(ran, "goes") == {("resource-group", HUB)}
    assert names(ran, "stays") == set()


def test_outputs_that_are_gone_are_not_waited_for(
    sandbox: RunningSandbox, tmp_path: Path, group: str
) -> None:
    body = {"kind": "StorageV2", "sku": {"name": "Standard_LRS"}, "tags": OURS}
    account = make(sandbox, HUB, STORAGE, "remembered0123456789abc", body)
    with old_lists(sandbox, LONG):
        list_resources(sandbox, group)
        azure(sandbox, "DELETE", account, API_VERSIONS[STORAGE])
        ran = teardown(sandbox, tmp_path, HUB, "--dry-run")
    assert "remembered0123456789abc" not in ran.stdout + ran.stderr


def test_what_is_not_listed_yet_is_found_by_its_name(
    sandbox: RunningSandbox, tmp_path: Path, group: str
) -> None:
    with old_lists(sandbox, LONG):
        list_resources(sandbox, group)
        make(sandbox, HUB, CLUSTER, HUB, CLUSTER_BODY)
        make(sandbox, HUB, WORKFLOW_TYPE, f"{HUB}-start", WORKFLOW_BODY)
        ran = teardown(sandbox, tmp_path, HUB, "--set", "REGISTRY_NAME=rememberedimages", "--dry-run")
    assert names(ran, "goes") == {("cluster", HUB), ("workflow", f"{HUB}-start")}


def test_a_hub_stays_in_the_region_of_its_cluster_however_new_that_is(
    sandbox: RunningSandbox, group: str
) -> None:
    with old_lists(sandbox, LONG):
        list_resources(sandbox, group)
        make(sandbox, HUB, CLUSTER, HUB, {**CLUSTER_BODY, "location": "westeurope"})
        where = ("--name", HUB, "--resource-group", HUB)
        ran = run(sandbox, "binderhub-deployer", "plan", *where, "--output", "json")
    assert ".westeurope." in ran.result["binder_url"]
