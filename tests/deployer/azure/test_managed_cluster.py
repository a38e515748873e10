"""The cluster that is asked for."""

from __future__ import annotations

import pytest

from tests.arm_schemas import validate_resource
from tests.deployer.azure.clusters import pool_of, wanted

POOLS = ("system", "user")


@pytest.mark.online
@pytest.mark.parametrize("surges", [True, False])
def test_the_request_is_what_azures_schema_allows(*, surges: bool) -> None:
    body = wanted(surges=surges, aks_kubernetes_version="1.34", tags='{"cost centre": "5"}')
    validate_resource("Microsoft.ContainerService/managedClusters", "2026-05-01", body)


def test_network_policies_are_enforced() -> None:
    assert wanted()["properties"]["networkProfile"]["networkPolicy"] == "cilium"


def test_both_pools_stand_in_the_one_request() -> None:
    body = wanted(aks_node_count="2")
    user = pool_of(body, "user")
    assert pool_of(body, "system")["count"] == 1
    assert (user["minCount"], user["maxCount"]) == (2, 3)
    assert user["nodeTaints"] == ["hub.jupyter.org_dedicated=user:NoSchedule"]


@pytest.mark.parametrize("pool", POOLS)
def test_each_pool_carries_the_tags(pool: str) -> None:
    body = wanted(tags='{"cost": "5"}')
    assert pool_of(body, pool)["tags"] == body["tags"]
    assert body["tags"]["cost"] == "5"


@pytest.mark.parametrize("pool", POOLS)
def test_each_pool_has_the_version_of_the_cluster(pool: str) -> None:
    assert pool_of(wanted(aks_kubernetes_version="1.35"), pool)["orchestratorVersion"] == "1.35"
    assert "orchestratorVersion" not in pool_of(wanted(), pool)


def test_where_the_quota_has_no_room_a_node_of_the_user_pool_is_drained_before_it_is_replaced() -> None:
    assert pool_of(wanted(), "user")["upgradeSettings"] == {"maxSurge": "0", "maxUnavailable": "1"}
    assert pool_of(wanted(surges=True), "user")["upgradeSettings"] == {"maxSurge": "1", "maxUnavailable": "0"}


def test_the_system_pool_always_adds_a_node_since_azure_refuses_it_anything_else() -> None:
    assert pool_of(wanted(), "system")["upgradeSettings"]["maxUnavailable"] == "0"


@pytest.mark.parametrize("pool", POOLS)
def test_dns_stays_where_network_policies_can_allow_it(pool: str) -> None:
    assert pool_of(wanted(), pool)["localDNSProfile"] == {"mode": "Disabled"}
