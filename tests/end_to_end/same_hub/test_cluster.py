"""A cluster over time: upgraded, changed by others, stopped; always through the CLI."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.end_to_end.deployments import deploy, group_of, writes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox.client import RunningSandbox

# The longest and strangest name that a group may have.
GROUP = f"Übung.(of_the-Lab).{'x' * 71}"
HUB = "lasting"
SETTINGS = {
    "RESOURCE_GROUP_NAME": GROUP,
    "RESOURCE_GROUP_LOCATION": "westus2",
    "AKS_KUBERNETES_VERSION": "1.34",
    "TIME_ZONE": "Europe/Amsterdam",
}


@pytest.fixture(scope="module")
def hub(sandbox: RunningSandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Deploy a hub in a group with a strange name, an older version and no rights but on the group."""
    folder = tmp_path_factory.mktemp("lasting")
    with group_of(sandbox, GROUP):
        ran = deploy(sandbox, folder, HUB, **SETTINGS)
        assert ran.status == 0, ran.stderr
        yield folder


def cluster_of(sandbox: RunningSandbox) -> dict[str, Any]:
    """Return the cluster as Azure has it."""
    kind = "Microsoft.ContainerService/managedClusters"
    found = [each for each in sandbox.state()["resources"] if each["type"] == kind and each["name"] == HUB]
    return dict(found[0])


def windows_of(sandbox: RunningSandbox) -> dict[str, Any]:
    """Return the maintenance windows by name."""
    kind = "Microsoft.ContainerService/managedClusters/maintenanceConfigurations"
    found = [
        each for each in sandbox.state()["resources"] if each["type"] == kind and f"/{HUB}/" in each["id"]
    ]
    return {each["name"]: each["properties"]["maintenanceWindow"] for each in found}


@pytest.mark.usefixtures("hub")
def test_the_name_of_the_node_group_can_be_a_label(sandbox: RunningSandbox) -> None:
    name = cluster_of(sandbox)["properties"]["nodeResourceGroup"]
    assert len(name) <= 63
    assert name.isascii()
    assert name.startswith("lasting-nodes-")


@pytest.mark.usefixtures("hub")
def test_azure_upgrades_on_sunday_night_in_the_hubs_time_zone(sandbox: RunningSandbox) -> None:
    windows = windows_of(sandbox)
    assert set(windows) == {"aksManagedAutoUpgradeSchedule", "aksManagedNodeOSUpgradeSchedule"}
    for window in windows.values():
        assert (window["startTime"], window["utcOffset"], window["durationHours"]) == ("02:00", "+01:00", 4)


def test_a_second_run_changes_nothing(sandbox: RunningSandbox, hub: Path) -> None:
    before = len(sandbox.requests())
    ran = deploy(sandbox, hub, HUB, **SETTINGS)
    assert ran.status == 0, ran.stderr
    assert writes(sandbox.requests()[before:]) == []


def test_a_skipped_minor_version_is_refused_before_anything_changes(
    sandbox: RunningSandbox, hub: Path
) -> None:
    before = len(sandbox.requests())
    ran = deploy(sandbox, hub, HUB, **{**SETTINGS, "AKS_KUBERNETES_VERSION": "1.36"})
    assert ran.status == 2
    assert "1.35.4" in ran.stderr
    assert writes(sandbox.requests()[before:]) == []


def test_a_newer_version_reaches_every_pool(sandbox: RunningSandbox, hub: Path) -> None:
    ran = deploy(sandbox, hub, HUB, **{**SETTINGS, "AKS_KUBERNETES_VERSION": "1.35"})
    assert ran.status == 0, ran.stderr
    properties = cluster_of(sandbox)["properties"]
    versions = {pool["currentOrchestratorVersion"] for pool in properties["agentPoolProfiles"]}
    assert {properties["currentKubernetesVersion"], *versions} == {"1.35.4"}
