"""What a second run changes of a cluster, and what it leaves as people made it."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest

from deployer.azure.cluster_update import unchangeable, user_pool_surges
from tests.deployer.azure.clusters import as_azure_has_it, pool_of, pools_to_put, update_of, wanted

if TYPE_CHECKING:
    from deployer.azure.managed_cluster import Body

OF_OTHERS: dict[str, Any] = {
    "aadProfile": {"managed": True, "adminGroupObjectIDs": ["11111111-1111-4111-8111-111111111111"]},
    "apiServerAccessProfile": {"authorizedIPRanges": ["192.0.2.0/24"]},
    "nodeResourceGroupProfile": {"restrictionLevel": "Unrestricted"},
    "securityProfile": {
        "defender": {"securityMonitoring": {"enabled": True}},
        "imageCleaner": {"enabled": False, "intervalHours": 48},
    },
    "autoScalerProfile": {"scan-interval": "20s"},
    "fieldOfTomorrow": {"on": True},
}
"""What an IT department sets on a cluster."""


def warnings_of(found: Body, **given: str) -> list[str]:
    return list(unchangeable(found, wanted(surges=False, **given), given.get("aks_kubernetes_version")))


def pool_names(body: Body) -> list[str]:
    return [pool["name"] for pool in body["properties"]["agentPoolProfiles"]]


@pytest.mark.parametrize("surges", [True, False])
def test_a_cluster_as_it_was_asked_for_is_left_alone(*, surges: bool) -> None:
    given = {"tags": '{"cost": "5"}', "aks_kubernetes_version": "1.34"}
    found = as_azure_has_it(surges=surges, **given)
    assert update_of(found, surges=surges, **given).changes == ()
    assert warnings_of(found, **given) == []


def test_what_others_set_is_part_of_the_request_and_no_reason_for_one() -> None:
    found = as_azure_has_it()
    found["properties"] |= copy.deepcopy(OF_OTHERS)
    extra = {"name": "gpu", "mode": "User", "vmSize": "Standard_NC4as_T4_v3", "count": 1}
    found["properties"]["agentPoolProfiles"].append(extra)
    pool_of(found, "user")["nodeLabels"]["lab"] = "physics"
    assert update_of(found).changes == ()
    update = update_of(found, aks_tier="Standard")
    assert update.changes == ("tier",)
    assert update.body["sku"]["tier"] == "Standard"
    assert {key: update.body["properties"][key] for key in OF_OTHERS} == OF_OTHERS
    assert pool_of(update.body, "gpu") == extra
    assert pool_of(update.body, "user")["nodeLabels"]["lab"] == "physics"


def test_ranges_that_may_keep_the_deployer_out_are_named() -> None:
    found = as_azure_has_it()
    found["properties"]["apiServerAccessProfile"] = {"authorizedIPRanges": ["192.0.2.0/24", "203.0.113.7/32"]}
    (warning,) = warnings_of(found)
    assert "only accepts connections from 192.0.2.0/24, 203.0.113.7/32" in warning


def test_what_nobody_decided_about_is_protected_as_in_a_new_cluster() -> None:
    found = as_azure_has_it()
    found["properties"] |= {"nodeResourceGroupProfile": None, "securityProfile": {"defender": {}}}
    update = update_of(found)
    assert update.changes == ("protection of the node resource group", "image cleaner")
    assert update.body["properties"]["nodeResourceGroupProfile"] == {"restrictionLevel": "ReadOnly"}
    cleaner = {"enabled": True, "intervalHours": 168}
    assert update.body["properties"]["securityProfile"] == {"defender": {}, "imageCleaner": cleaner}


def test_more_nodes_are_a_change_of_the_pool() -> None:
    update = update_of(as_azure_has_it(), aks_node_count_max="8")
    assert update.changes == ("pool user",)
    assert pool_of(update.body, "user")["maxCount"] == 8


def test_a_change_takes_no_machine_from_running_sessions() -> None:
    found = as_azure_has_it()
    pool_of(found, "user")["count"] = 3
    assert pool_of(update_of(found, aks_tier="Standard").body, "user")["count"] == 3


def test_a_larger_system_pool_is_somebodys_choice() -> None:
    found = as_azure_has_it()
    pool_of(found, "system")["count"] = 2
    assert update_of(found).changes == ()


def test_a_maximum_below_the_nodes_that_run_is_told_with_what_it_ends() -> None:
    found = as_azure_has_it(aks_node_count_max="5")
    pool_of(found, "user")["count"] = 4
    (change,) = update_of(found, aks_node_count_max="3").changes
    assert change == "pool user, from 4 nodes to 3 at once: sessions on the others end"


def test_tags_are_compared_on_the_cluster_and_on_each_pool() -> None:
    assert update_of(as_azure_has_it(), tags='{"cost": "5"}').changes == ("tags", "pool system", "pool user")


def test_a_tag_whose_name_azure_keeps_in_another_case_is_the_same_tag() -> None:
    found = as_azure_has_it(tags='{"Cost": "5"}')
    assert update_of(found, tags='{"cost": "5"}').changes == ()
    update = update_of(found, tags='{"cost": "6"}')
    for tags in (update.body["tags"], pool_of(update.body, "user")["tags"]):
        assert (tags["Cost"], "cost" in tags) == ("6", False)


def test_tags_of_others_stay() -> None:
    found = as_azure_has_it()
    found["tags"]["from-it"] = pool_of(found, "user").setdefault("tags", {})["from-it"] = "yes"
    update = update_of(found, tags='{"cost": "5"}')
    assert update.body["tags"]["from-it"] == pool_of(update.body, "user")["tags"]["from-it"] == "yes"


def test_a_pool_that_was_removed_is_created_again_by_a_request_of_its_own() -> None:
    found = as_azure_has_it()
    found["properties"]["agentPoolProfiles"].pop()
    assert update_of(found).changes == ()
    assert pool_names(update_of(found).body) == ["system"]
    requests = pools_to_put(found)
    assert {name: request.change for name, request in requests.items()} == {"user": "new pool user"}
    created = requests["user"].body["properties"]
    assert {"name": "user", **created} == {**pool_of(wanted(), "user"), "orchestratorVersion": "1.34.2"}


def test_pools_that_are_there_need_no_request_of_their_own() -> None:
    assert pools_to_put(as_azure_has_it(), aks_node_count_max="8") == {}


def test_a_pool_that_is_not_there_has_no_way_of_upgrading() -> None:
    found = as_azure_has_it(surges=True)
    assert user_pool_surges(found)
    found["properties"]["agentPoolProfiles"].pop()
    assert not user_pool_surges(found)


def test_a_failed_cluster_or_pool_is_asked_for_again() -> None:
    found = as_azure_has_it()
    found["properties"]["provisioningState"] = "Failed"
    assert update_of(found).changes == ("its state is Failed",)
    found = as_azure_has_it()
    pool_of(found, "user")["provisioningState"] = "Failed"
    assert update_of(found).changes == ("the state of pool user is Failed",)


@pytest.mark.parametrize(
    ("kubernetes", "node_os"),
    [("none", "NodeImage"), ("patch", "None"), ("patch", "Unmanaged"), (None, None)],
)
def test_upgrades_that_were_switched_off_are_switched_on_again(
    kubernetes: str | None, node_os: str | None
) -> None:
    found = as_azure_has_it()
    found["properties"]["autoUpgradeProfile"] = {
        "upgradeChannel": kubernetes,
        "nodeOSUpgradeChannel": node_os,
    }
    update = update_of(found)
    assert update.changes == ("automatic upgrades",)
    profile = update.body["properties"]["autoUpgradeProfile"]
    assert profile == {"upgradeChannel": "patch", "nodeOSUpgradeChannel": "NodeImage"}


def test_another_channel_that_brings_upgrades_stays() -> None:
    found = as_azure_has_it()
    profile = {"upgradeChannel": "stable", "nodeOSUpgradeChannel": "SecurityPatch"}
    found["properties"]["autoUpgradeProfile"] = profile
    assert update_of(found).changes == ()


@pytest.mark.parametrize("network", [{"networkPolicy": "none"}, {"networkDataplane": "azure"}, {}])
def test_a_cluster_without_enforced_network_policies_is_named(network: dict[str, str]) -> None:
    found = as_azure_has_it()
    found["properties"]["networkProfile"] = network and {**found["properties"]["networkProfile"], **network}
    (warning,) = warnings_of(found)
    assert "--network-policy cilium" in warning


def test_a_pool_that_upgrades_without_room_keeps_that_when_there_is_room() -> None:
    assert update_of(as_azure_has_it(surges=False), surges=True).changes == ()


def test_the_way_of_upgrading_follows_the_quota_and_keeps_other_surges() -> None:
    found = as_azure_has_it(surges=True)
    assert update_of(found).changes == ("pool user",)
    pool_of(found, "user")["upgradeSettings"] = {"maxSurge": "33%"}
    assert update_of(found, surges=True).changes == ()


def test_a_size_that_azure_cannot_change_is_named_and_kept() -> None:
    found = as_azure_has_it()
    pool_of(found, "user")["vmSize"] = "Standard_D4s_v5"
    given = {"aks_node_vm_size": "Standard_D4s_v5"}
    assert update_of(found, surges=False, **given).changes == ()
    (warning,) = warnings_of(found, **given)
    assert "the pool system keeps its size Standard_D2s_v5" in warning


def test_long_term_support_keeps_its_tier() -> None:
    found = as_azure_has_it()
    found["sku"]["tier"] = "Premium"
    found["properties"]["supportPlan"] = "AKSLongTermSupport"
    assert update_of(found).changes == ()
    assert warnings_of(found) == ["the cluster keeps the tier Premium: its Long-Term Support needs it"]


def test_a_newer_kubernetes_is_one_for_every_pool() -> None:
    found = as_azure_has_it()
    extra = {"name": "gpu", "currentOrchestratorVersion": "1.34.1", "orchestratorVersion": "1.34.1"}
    found["properties"]["agentPoolProfiles"].append(extra)
    update = update_of(found, aks_kubernetes_version="1.35")
    assert update.changes == ("Kubernetes 1.35",)
    assert update.body["properties"]["kubernetesVersion"] == "1.35"
    pools = update.body["properties"]["agentPoolProfiles"]
    assert {pool["orchestratorVersion"] for pool in pools} == {"1.35"}


def as_an_earlier_release_made_it() -> Body:
    """Return a cluster whose pools say nothing about LocalDNS, and a pool of others."""
    found = as_azure_has_it()
    for pool in found["properties"]["agentPoolProfiles"]:
        del pool["localDNSProfile"]
    found["properties"]["agentPoolProfiles"].append({"name": "gpu", "orchestratorVersion": "1.34.2"})
    return found


def test_nodes_that_answer_dns_themselves_stop_it() -> None:
    found = as_an_earlier_release_made_it()
    pool_of(found, "user")["localDNSProfile"] = {"mode": "Preferred", "state": "Enabled"}
    update = update_of(found)
    assert update.changes == ("pool user",)
    assert pool_of(update.body, "user")["localDNSProfile"]["mode"] == "Disabled"


def test_nodes_are_told_not_to_answer_dns_when_an_upgrade_replaces_them_and_not_before() -> None:
    found = as_an_earlier_release_made_it()
    assert update_of(found).changes == ()
    update = update_of(found, aks_kubernetes_version="1.35")
    assert update.changes == ("Kubernetes 1.35",)
    told = {
        pool["name"]: pool.get("localDNSProfile") for pool in update.body["properties"]["agentPoolProfiles"]
    }
    assert told == {"system": {"mode": "Disabled"}, "user": {"mode": "Disabled"}, "gpu": None}


def test_a_pool_that_is_upgraded_on_its_own_is_told_not_to_answer_dns() -> None:
    found = as_an_earlier_release_made_it()
    for name in ("user", "gpu"):
        pool_of(found, name)["currentOrchestratorVersion"] = "1.33.9"
    requests = pools_to_put(found, aks_kubernetes_version="1.34")
    told = {name: request.body["properties"].get("localDNSProfile") for name, request in requests.items()}
    assert told == {"user": {"mode": "Disabled"}, "gpu": None}


def test_a_pool_that_stayed_behind_is_brought_after_by_a_request_of_its_own() -> None:
    found = as_azure_has_it()
    pool_of(found, "user")["currentOrchestratorVersion"] = "1.33.9"
    assert update_of(found, aks_kubernetes_version="1.34").changes == ()
    requests = pools_to_put(found, aks_kubernetes_version="1.34")
    changes = {name: request.change for name, request in requests.items()}
    assert changes == {"user": "pool user to Kubernetes 1.34.2"}
    assert requests["user"].body["properties"]["orchestratorVersion"] == "1.34.2"
    assert pools_to_put(found) == {}


def test_pools_that_rise_with_the_control_plane_need_no_request_of_their_own() -> None:
    assert pools_to_put(as_azure_has_it(), aks_kubernetes_version="1.35") == {}


def test_a_patch_by_azure_is_no_change_and_an_older_version_is_named() -> None:
    found = as_azure_has_it()
    assert update_of(found, aks_kubernetes_version="1.34").changes == ()
    assert update_of(found, aks_kubernetes_version="1.33").changes == ()
    assert "cannot downgrade it to 1.33" in "".join(warnings_of(found, aks_kubernetes_version="1.33"))
