"""Clusters that a deployment cannot use, each refused in its own words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from azure.mgmt.containerservice.models import ManagedCluster

from deployer.azure.cluster_state import (
    check_node_sizes,
    check_region,
    check_usable,
    operation_on,
    under_way,
)
from deployer.errors import PreflightError
from deployer.names import derive_names
from tests.deployer.azure.clusters import as_azure_has_it, pool_of
from tests.deployer.settings_of import settings_of

if TYPE_CHECKING:
    from deployer.azure.managed_cluster import Body

NAMES = derive_names(settings_of())


def refusal(found: Body) -> str:
    with pytest.raises(PreflightError) as refused:
        check_usable(ManagedCluster(found), NAMES)
    return f"{refused.value.message} {refused.value.suggestion}"


def test_a_running_cluster_of_the_hub_is_usable() -> None:
    check_usable(ManagedCluster(as_azure_has_it()), NAMES)


def test_a_cluster_of_others_is_refused() -> None:
    assert "did not create it" in refusal({**as_azure_has_it(), "tags": {}})


def test_a_cluster_of_another_hub_is_refused() -> None:
    found = as_azure_has_it()
    found["tags"]["binderhub-name"] = "other"
    assert "belongs to another hub: its binderhub-name is other" in refusal(found)


def test_a_stopped_cluster_is_refused_with_how_to_start_it() -> None:
    found = as_azure_has_it()
    found["properties"]["powerState"] = {"code": "Stopped"}
    assert "is stopped" in refusal(found)
    assert "binderhub-deployer start" in refusal(found)


def test_a_cluster_without_local_accounts_is_refused_before_anything_tries_to_sign_in() -> None:
    found = as_azure_has_it()
    found["properties"]["disableLocalAccounts"] = True
    assert "local accounts of the cluster demo are off" in refusal(found)
    assert "az aks update --enable-local-accounts" in refusal(found)


def test_a_stopped_pool_is_refused() -> None:
    found = as_azure_has_it()
    pool_of(found, "user")["powerState"] = {"code": "Stopped"}
    assert "node pool user" in refusal(found)


def test_a_cluster_in_the_region_of_the_settings_is_where_it_should_be() -> None:
    check_region(ManagedCluster(as_azure_has_it()), settings_of())


def test_a_cluster_in_another_region_is_refused_with_what_to_write() -> None:
    with pytest.raises(PreflightError, match=r"is in westeurope, and .* for northeurope") as refused:
        check_region(ManagedCluster(as_azure_has_it()), settings_of(resource_group_location="northeurope"))
    assert "RESOURCE_GROUP_LOCATION" in str(refused.value.suggestion)
    assert "--location westeurope" in str(refused.value.suggestion)


def test_a_size_of_the_pools_that_azure_cannot_change_is_refused_with_what_to_do() -> None:
    found = ManagedCluster(as_azure_has_it(aks_node_vm_size="Standard_D4s_v5"))
    with pytest.raises(PreflightError, match=r"user has machines of the size Standard_D4s_v5") as refused:
        check_node_sizes(found, settings_of())
    assert "Set AKS_NODE_VM_SIZE to Standard_D4s_v5" in str(refused.value.suggestion)
    assert "delete the node pool user" in str(refused.value.suggestion)


def test_a_chosen_size_of_the_system_pool_is_refused_and_one_that_follows_is_not() -> None:
    found = as_azure_has_it(aks_node_vm_size="Standard_D4s_v5", aks_system_node_vm_size="Standard_D2s_v5")
    check_node_sizes(ManagedCluster(found), settings_of(aks_node_vm_size="standard_d4s_v5"))
    chosen = {"aks_node_vm_size": "Standard_D4s_v5", "aks_system_node_vm_size": "Standard_D8s_v5"}
    with pytest.raises(PreflightError, match="system has machines of the size Standard_D2s_v5") as refused:
        check_node_sizes(ManagedCluster(found), settings_of(**chosen))
    assert "Set AKS_SYSTEM_NODE_VM_SIZE to Standard_D2s_v5" in str(refused.value.suggestion)


def test_a_pool_that_was_deleted_can_have_another_size() -> None:
    found = as_azure_has_it()
    found["properties"]["agentPoolProfiles"].remove(pool_of(found, "user"))
    check_node_sizes(ManagedCluster(found), settings_of(aks_node_vm_size="Standard_D4s_v5"))


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ("Deleting", "the cluster demo is being deleted"),
        ("Stopping", "the cluster demo is being stopped"),
        ("Updating", "the cluster demo is being updated"),
        ("Migrating", "an operation on the cluster demo goes on (Migrating)"),
    ],
)
def test_each_operation_has_its_own_sentence(state: str, sentence: str) -> None:
    assert under_way(state, "the cluster demo") == sentence


def test_an_operation_on_a_pool_is_one_on_its_cluster() -> None:
    found = {**as_azure_has_it(), "name": "demo"}
    assert operation_on(ManagedCluster(found)) is None
    pool_of(found, "user")["provisioningState"] = "Scaling"
    assert operation_on(ManagedCluster(found)) == "the node pool user of the cluster demo is being scaled"
    found["properties"]["provisioningState"] = "Upgrading"
    assert operation_on(ManagedCluster(found)) == "the cluster demo is being upgraded"
