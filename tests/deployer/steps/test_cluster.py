"""The cluster that is asked for, and what a second run would change of it."""

from __future__ import annotations

import pytest
from azure.mgmt.containerservice.models import ManagedCluster

from deployer.names import derive_names
from deployer.steps.cluster import differences, is_older, wanted_cluster
from tests.arm_schemas import validate_resource
from tests.deployer.settings_of import settings_of


def wanted(**given: str) -> ManagedCluster:
    settings = settings_of(**given)
    return wanted_cluster(settings, derive_names(settings))


def as_azure_has_it(**given: str) -> ManagedCluster:
    """Return the cluster as it comes back after a PUT: with state, version, and fields of Azure's own."""
    body = wanted(**given).as_dict()
    body["properties"] |= {
        "provisioningState": "Succeeded",
        "kubernetesVersion": "1.34",
        "currentKubernetesVersion": "1.34.2",
        "fqdn": "demo-x.hcp.westeurope.azmk8s.io",
    }
    body["properties"]["agentPoolProfiles"][0]["maxPods"] = 250
    return ManagedCluster(body)


def changes(found: ManagedCluster, **given: str) -> list[str]:
    asked = wanted(**given)
    asked.kubernetes_version = asked.kubernetes_version or found.kubernetes_version
    return differences(found, asked)


@pytest.mark.online
def test_the_request_is_what_azures_schema_allows() -> None:
    body = wanted(aks_kubernetes_version="1.34").as_dict()
    validate_resource("Microsoft.ContainerService/managedClusters", "2026-05-01", body)


def test_network_policies_are_enforced() -> None:
    assert wanted().network_profile.network_policy == "cilium"


def test_both_pools_stand_in_the_one_request() -> None:
    pools = {pool.name: pool for pool in wanted(aks_node_count="2").agent_pool_profiles}
    assert pools["system"].count == 1
    assert (pools["user"].min_count, pools["user"].max_count) == (2, 3)
    assert pools["user"].node_taints == ["hub.jupyter.org_dedicated=user:NoSchedule"]


def test_a_cluster_as_it_was_asked_for_is_left_alone() -> None:
    assert changes(as_azure_has_it()) == []


def test_more_nodes_are_a_change_of_the_pool() -> None:
    assert changes(as_azure_has_it(), aks_node_count_max="8") == ["pool user"]


def test_tags_and_tier_are_changes() -> None:
    assert changes(as_azure_has_it(), aks_tier="Standard", tags='{"cost": "5"}') == ["tier", "tags"]


def test_a_failed_cluster_is_asked_for_again() -> None:
    found = as_azure_has_it()
    found.provisioning_state = "Failed"
    assert changes(found) == ["its state is Failed"]


def test_a_newer_kubernetes_is_a_change_and_a_patch_by_azure_is_not() -> None:
    assert changes(as_azure_has_it(), aks_kubernetes_version="1.35") == ["Kubernetes 1.35"]
    assert changes(as_azure_has_it(), aks_kubernetes_version="1.34") == []


@pytest.mark.parametrize(
    ("wanted_version", "older"),
    [("1.34.1", True), ("1.33", True), ("1.9", True), ("1.34", False), ("1.34.2", False), ("1.35", False)],
)
def test_a_version_that_azure_has_upgraded_from_is_older(wanted_version: str, *, older: bool) -> None:
    assert is_older(wanted_version, "1.34.2") is older


def test_nothing_is_older_than_a_version_that_is_not_known() -> None:
    assert not is_older("1.34", None)
