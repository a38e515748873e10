"""A cluster over time: upgraded, changed by others, stopped; always through the CLI."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.end_to_end.deployments import run
from tests.end_to_end.logs import messages, outcome
from tests.end_to_end.power import await_power
from tests.end_to_end.same_hub.hub import GROUP, NAME

if TYPE_CHECKING:
    from sandbox.client import RunningSandbox
    from tests.end_to_end.deployments import Ran
    from tests.end_to_end.same_hub.hub import Hub

CHANGES = {
    "AKS_TIER": "Standard",
    "AKS_NODE_COUNT_MAX": "2",
    "AKS_KUBERNETES_VERSION": "1.35",
    "TAGS": "team=chemistry",
}
PATIENCE_SECONDS = 120


def windows_of(sandbox: RunningSandbox) -> dict[str, Any]:
    """Return the maintenance windows by name."""
    kind = "Microsoft.ContainerService/managedClusters/maintenanceConfigurations"
    found = [
        each for each in sandbox.state()["resources"] if each["type"] == kind and f"/{NAME}/" in each["id"]
    ]
    return {each["name"]: each["properties"]["maintenanceWindow"] for each in found}


def test_the_name_of_the_node_group_can_be_a_label(hub: Hub) -> None:
    name = hub.cluster()["properties"]["nodeResourceGroup"]
    assert len(name) <= 63
    assert name.isascii()
    assert name.startswith(f"{NAME}-nodes-")


def test_azure_upgrades_on_sunday_night_in_the_hubs_time_zone(hub: Hub) -> None:
    windows = windows_of(hub.sandbox)
    assert set(windows) == {"aksManagedAutoUpgradeSchedule", "aksManagedNodeOSUpgradeSchedule"}
    for window in windows.values():
        assert (window["startTime"], window["utcOffset"], window["durationHours"]) == ("02:00", "+01:00", 4)


def test_a_second_run_changes_nothing(hub: Hub) -> None:
    ran, written = hub.deploy_again(AKS_KUBERNETES_VERSION="1.34")
    assert ran.status == 0, ran.stderr
    assert written == []


def test_a_skipped_minor_version_is_refused_before_anything_changes(hub: Hub) -> None:
    ran, written = hub.deploy_again(AKS_KUBERNETES_VERSION="1.36")
    assert ran.status == 2
    assert "1.35.4" in ran.stderr
    assert written == []


def test_another_region_is_refused_before_anything_changes(hub: Hub) -> None:
    ran, written = hub.deploy_again(RESOURCE_GROUP_LOCATION="northeurope")
    assert ran.status == 2
    assert f"{NAME} is in westus2, and this deployment is for northeurope" in ran.stderr
    assert "--location westus2" in ran.stderr
    assert written == []


def test_another_size_of_machines_is_refused_before_anything_changes(hub: Hub) -> None:
    ran, written = hub.deploy_again(AKS_NODE_VM_SIZE="Standard_D4s_v5")
    assert ran.status == 2
    assert f"Set AKS_NODE_VM_SIZE to {hub.pool('user')['vmSize']}" in ran.stderr
    assert written == []


@pytest.fixture(scope="module")
def changed(hub: Hub) -> Ran:
    """Deploy with all that can be changed."""
    ran = hub.deploy(**CHANGES)
    assert ran.status == 0, ran.stderr
    return ran


def test_each_difference_of_the_cluster_is_named_and_changed(hub: Hub, changed: Ran) -> None:
    told = outcome(changed, "cluster")
    assert [word for word in ("tier", "tags", "Kubernetes 1.35", "pool user") if word not in told] == []
    cluster = hub.cluster()
    assert cluster["sku"]["tier"] == "Standard"
    assert cluster["tags"]["team"] == "chemistry"
    assert hub.pool("user")["maxCount"] == 2
    properties = cluster["properties"]
    assert properties["kubernetesVersion"].startswith("1.35")
    versions = {pool["currentOrchestratorVersion"] for pool in properties["agentPoolProfiles"]}
    assert {properties["currentKubernetesVersion"], *versions} == {"1.35.4"}


@pytest.mark.usefixtures("changed")
def test_an_older_kubernetes_is_not_installed_and_a_warning_says_so(hub: Hub) -> None:
    ran = hub.deploy(AKS_KUBERNETES_VERSION="1.34")
    assert ran.status == 0, ran.stderr
    assert "1.34" in messages(ran, "warning")


def test_a_stopped_cluster_is_not_started_unasked_and_a_start_in_progress_is_waited_for(hub: Hub) -> None:
    hub.ask_cluster("POST", "/stop")
    await_power(hub.sandbox, NAME, "Stopped", GROUP)
    ran = hub.deploy()
    assert ran.status == 2
    assert f"{NAME} is stopped" in ran.stderr
    info = run(hub.sandbox, "binderhub-deployer", "info", "--name", NAME, "--resource-group", GROUP)
    assert info.status == 0, info.stderr
    assert "Stopped" in info.stdout
    with hub.sandbox.time_scale(1):
        hub.ask_cluster("POST", "/start")
        process = hub.begin_to_deploy()
        assert process.stderr is not None
        log = ""
        for line in process.stderr:
            log += line
            if f"the cluster {NAME} is being started" in line:
                break
    _, rest = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0, log + rest
    assert f"the cluster {NAME} is being started" in log
    await_power(hub.sandbox, NAME, "Running", GROUP)


def test_a_cluster_of_somebody_else_is_left_alone(hub: Hub) -> None:
    tags = hub.cluster()["tags"]
    hub.ask_cluster("PATCH", body={"tags": {"team": "physics"}})
    await_power(hub.sandbox, NAME, "Running", GROUP)
    ran = hub.deploy()
    assert ran.status == 2
    assert f"already is a cluster {NAME}" in ran.stderr
    assert hub.cluster()["tags"] == {"team": "physics"}
    hub.ask_cluster("PATCH", body={"tags": tags})
    await_power(hub.sandbox, NAME, "Running", GROUP)
