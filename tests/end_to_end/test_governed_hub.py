"""A hub in a subscription that an IT department looks after: required tags, locks, changes of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from deployer.names import derive_names
from tests.deployer.settings_of import settings_of
from tests.end_to_end.deployments import deploy, group_of, writes
from tests.end_to_end.governance import CLUSTERS_API, SUBSCRIPTION, azure, locked, required_tag

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox.client import RunningSandbox

HUB = "governed"
GROUP = f"{SUBSCRIPTION}/resourceGroups/{HUB}"
CLUSTER = f"{GROUP}/providers/Microsoft.ContainerService/managedClusters/{HUB}"
SETTINGS = {"TAGS": "costcentre=5"}
NAMES = derive_names(settings_of(binderhub_name=HUB, resource_group_name=HUB))
KINDS = ("virtualMachineScaleSets", "disks", "publicIPAddresses", "loadBalancers")


@pytest.fixture(scope="module")
def hub(sandbox: RunningSandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Deploy a hub where everything needs a tag."""
    folder = tmp_path_factory.mktemp("governed")
    with group_of(sandbox, HUB), required_tag(sandbox, "costcentre"):
        ran = deploy(sandbox, folder, HUB, **SETTINGS)
        assert ran.status == 0, ran.stderr
        yield folder


@pytest.mark.usefixtures("hub")
@pytest.mark.parametrize("kind", KINDS)
def test_the_tag_reaches_everything_in_the_node_group(sandbox: RunningSandbox, kind: str) -> None:
    nodes = f"{SUBSCRIPTION}/resourceGroups/{NAMES.node_resource_group}"
    found = [
        each
        for each in sandbox.state()["resources"]
        if each["id"].startswith(f"{nodes}/") and each["type"].endswith(f"/{kind}")
    ]
    assert found
    assert {each["tags"].get("costcentre") for each in found} == {"5"}


@pytest.mark.usefixtures("hub")
def test_without_the_tag_the_policy_is_named(sandbox: RunningSandbox, tmp_path: Path) -> None:
    with group_of(sandbox, "untagged"):
        ran = deploy(sandbox, tmp_path, "untagged")
    assert ran.status == 1
    assert "Require costcentre" in ran.stderr


def test_what_it_changed_on_the_cluster_survives_a_change_of_ours(sandbox: RunningSandbox, hub: Path) -> None:
    found: dict[str, Any] = azure(sandbox, "GET", CLUSTER, CLUSTERS_API).json()
    theirs = {
        "apiServerAccessProfile": {"authorizedIPRanges": ["192.0.2.0/24"]},
        "autoScalerProfile": {"scan-interval": "20s"},
    }
    found["properties"] |= theirs
    found["properties"]["agentPoolProfiles"].append(
        {"name": "gpu", "mode": "User", "vmSize": "Standard_D2s_v5", "count": 1, "tags": {"costcentre": "9"}}
    )
    azure(sandbox, "PUT", CLUSTER, CLUSTERS_API, found)
    ran = deploy(sandbox, hub, HUB, **SETTINGS, AKS_TIER="Standard")
    assert ran.status == 0, ran.stderr
    after = azure(sandbox, "GET", CLUSTER, CLUSTERS_API).json()
    assert after["sku"]["tier"] == "Standard"
    assert {key: after["properties"][key] for key in theirs} == theirs
    assert [pool["name"] for pool in after["properties"]["agentPoolProfiles"]] == ["system", "user", "gpu"]


def test_a_group_that_cannot_be_deleted_is_no_hindrance(sandbox: RunningSandbox, hub: Path) -> None:
    with locked(sandbox, GROUP, "CanNotDelete"):
        ran = deploy(sandbox, hub, HUB, **SETTINGS, AKS_TIER="Standard")
    assert ran.status == 0, ran.stderr


def test_a_cluster_under_a_read_only_lock_is_named(sandbox: RunningSandbox, hub: Path) -> None:
    with locked(sandbox, CLUSTER, "ReadOnly"):
        ran = deploy(sandbox, hub, HUB, **SETTINGS, AKS_TIER="Standard")
    assert ran.status == 2
    assert f"A lock protects the cluster {HUB}" in ran.stderr


def test_a_cluster_of_another_hub_is_refused_before_anything_changes(
    sandbox: RunningSandbox, hub: Path
) -> None:
    tags = azure(sandbox, "GET", CLUSTER, CLUSTERS_API).json()["tags"]
    azure(sandbox, "PATCH", CLUSTER, CLUSTERS_API, {"tags": {**tags, "binderhub-name": "other"}})
    before = len(sandbox.requests())
    ran = deploy(sandbox, hub, HUB, **SETTINGS, AKS_TIER="Standard")
    changes = writes(sandbox.requests()[before:])
    azure(sandbox, "PATCH", CLUSTER, CLUSTERS_API, {"tags": tags})
    assert ran.status == 2
    assert "belongs to another hub" in ran.stderr
    assert changes == []


def test_a_stopped_cluster_is_refused_with_how_to_start_it(sandbox: RunningSandbox, hub: Path) -> None:
    azure(sandbox, "POST", f"{CLUSTER}/stop", CLUSTERS_API)
    ran = deploy(sandbox, hub, HUB, **SETTINGS, AKS_TIER="Standard")
    assert ran.status == 2
    assert f"The cluster {HUB} is stopped." in ran.stderr
    assert "`binderhub-deployer start`" in ran.stderr
