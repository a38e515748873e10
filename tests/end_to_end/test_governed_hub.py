"""A hub in a subscription that an IT department looks after: required tags, locks, changes of its own."""

from __future__ import annotations

from time import sleep
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from deployer.azure.clusters import authorised_ranges
from deployer.names import derive_names
from sandbox.network.callers import LAPTOPS
from tests.deployer.settings_of import settings_of
from tests.end_to_end.deployments import deploy, group_of, hub_settings, run, writes
from tests.end_to_end.governance import CLUSTERS_API, SUBSCRIPTION, azure, locked, required_tag
from tests.end_to_end.power import await_power

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
        "apiServerAccessProfile": {"authorizedIPRanges": ["198.51.100.0/24"]},
        "autoScalerProfile": {"scan-interval": "20s"},
    }
    found["properties"] |= theirs
    azure(sandbox, "PUT", CLUSTER, CLUSTERS_API, found)
    await_power(sandbox, HUB, "Running")
    pool = {"mode": "User", "vmSize": "Standard_D2s_v5", "count": 1, "tags": {"costcentre": "9"}}
    azure(sandbox, "PUT", f"{CLUSTER}/agentPools/gpu", CLUSTERS_API, {"properties": pool})
    ran = deploy(sandbox, hub, HUB, **SETTINGS, AKS_TIER="Standard")
    assert ran.status == 0, ran.stderr
    after = azure(sandbox, "GET", CLUSTER, CLUSTERS_API).json()
    assert after["sku"]["tier"] == "Standard"
    assert {key: after["properties"][key] for key in theirs} == theirs
    assert [pool["name"] for pool in after["properties"]["agentPoolProfiles"]] == ["system", "user", "gpu"]


def test_a_machine_that_the_api_does_not_answer_is_let_in_while_it_deploys(
    sandbox: RunningSandbox, hub: Path
) -> None:
    elsewhere = "192.0.2.0/24"
    ran = deploy(sandbox, hub, HUB, **SETTINGS, AKS_TIER="Standard", API_SERVER_AUTHORIZED_RANGES=elsewhere)
    assert ran.status == 0, ran.stderr
    assert f"taking {LAPTOPS}/32 out of the authorised ranges" in ran.stderr
    wait_until_shut_out(sandbox)
    assert authorised_ranges(azure(sandbox, "GET", CLUSTER, CLUSTERS_API).json()) == [elsewhere]
    told = run(sandbox, "binderhub-deployer", "info", "--output", "json", **hub_settings(HUB))
    (problem,) = told.result["problems"]
    assert f"it answers its authorised ranges alone ({elsewhere})" in problem


def test_the_api_answers_everybody_again_when_that_is_asked_for(sandbox: RunningSandbox, hub: Path) -> None:
    everybody = {"API_SERVER_AUTHORIZED_RANGES": "0.0.0.0/0"}
    ran = deploy(sandbox, hub, HUB, **SETTINGS, AKS_TIER="Standard", **everybody)
    assert ran.status == 0, ran.stderr
    before = len(sandbox.requests())
    ran = deploy(sandbox, hub, HUB, **SETTINGS, AKS_TIER="Standard", **everybody)
    assert ran.status == 0, ran.stderr
    assert writes(sandbox.requests()[before:]) == []


def wait_until_shut_out(sandbox: RunningSandbox) -> None:
    """Wait until the API server does not answer this machine: Azure goes on after the end of the run."""
    host = azure(sandbox, "GET", CLUSTER, CLUSTERS_API).json()["properties"]["fqdn"]
    for _ in range(100):
        # A new connection each time: those that are open stay.
        if not answers(sandbox, f"https://{host}/version"):
            return
        sleep(0.1)
    pytest.fail("the API server still answers this machine")


def answers(sandbox: RunningSandbox, url: str) -> bool:
    """Return whether anything answers, apart from the proxy."""
    try:
        with sandbox.client(verify=False) as client:
            return bool(client.get(url).status_code)
    except httpx.ProxyError:
        return False


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


def test_a_stopped_cluster_is_refused_and_can_be_started_from_everywhere(
    sandbox: RunningSandbox, hub: Path
) -> None:
    found = azure(sandbox, "GET", CLUSTER, CLUSTERS_API).json()
    found["properties"]["apiServerAccessProfile"] = {"authorizedIPRanges": ["192.0.2.0/24"]}
    azure(sandbox, "PUT", CLUSTER, CLUSTERS_API, found)
    wait_until_shut_out(sandbox)
    azure(sandbox, "POST", f"{CLUSTER}/stop", CLUSTERS_API)
    ran = deploy(sandbox, hub, HUB, **SETTINGS, AKS_TIER="Standard")
    assert ran.status == 2
    assert f"The cluster {HUB} is stopped." in ran.stderr
    assert "`binderhub-deployer start`" in ran.stderr
    ran = run(sandbox, "binderhub-deployer", "start", "--outputs", str(hub), **hub_settings(HUB))
    assert ran.status == 0, ran.stderr
    assert "whether the hub answers cannot be seen from here" in ran.stdout
