"""What Azure allows with a managed cluster over time, as the official client meets it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from azure.core.exceptions import HttpResponseError
from azure.mgmt.containerservice.models import (
    AgentPool,
    AgentPoolUpgradeSettings,
    KubernetesVersionCapabilities,
    LocalDNSProfile,
    MaintenanceConfiguration,
    ManagedClusterAutoUpgradeProfile,
    ManagedClusterNodeResourceGroupProfile,
    ManagedClusterSKU,
)

from sandbox.azure.resource_manager.providers.container_service import versions
from tests.sandbox.azure.resource_manager.conftest import GROUP, SUBSCRIPTION
from tests.sandbox.azure.resource_manager.test_governance import REQUIRE_TAG, assign
from tests.sandbox.azure.resource_manager.test_managed_clusters import cluster, create, pool, sdk

if TYPE_CHECKING:
    from azure.mgmt.containerservice.aio import ContainerServiceClient
    from azure.mgmt.containerservice.models import ManagedCluster

    from tests.sandbox.azure.resource_manager.conftest import World

__all__ = ["sdk"]

NODES = f"{SUBSCRIPTION}/resourceGroups/MC_hub_aks_westeurope"
SCALING = {"mode": "User", "enable_auto_scaling": True, "min_count": 1, "max_count": 3}


async def refusal(sdk: ContainerServiceClient, wanted: ManagedCluster) -> Any:
    with pytest.raises(HttpResponseError) as refused:
        await create(sdk, wanted)
    assert refused.value.error is not None
    return refused.value.error


async def add_pool(sdk: ContainerServiceClient, name: str) -> None:
    user = AgentPool({"properties": {"mode": "User", "vmSize": "Standard_D2s_v5", "count": 1}})
    await (await sdk.agent_pools.begin_create_or_update("hub", "aks", name, user)).result()


async def test_a_new_pool_has_a_request_of_its_own(sdk: ContainerServiceClient) -> None:
    await create(sdk)
    both = cluster(pool(), pool("more", mode="User"))
    error = await refusal(sdk, both)
    assert error.code == "BadRequest"
    assert error.message.startswith("A new agent pool was introduced.")
    await add_pool(sdk, "more")
    made = await create(sdk, both)
    assert [each.name for each in made.agent_pool_profiles] == ["system", "more"]


@pytest.mark.parametrize(
    ("version", "vm_size", "asked", "state"),
    [
        ("1.36", "Standard_D4s_v5", None, None),
        ("1.37", "Standard_D4s_v5", None, "Enabled"),
        ("1.37", "Standard_D2s_v5", None, "Disabled"),
        ("1.37", "Standard_D4s_v5", "Disabled", "Disabled"),
        ("1.36", "Standard_D4s_v5", "Required", "Enabled"),
    ],
)
async def test_nodes_answer_dns_themselves_from_1_37_on_unless_their_pool_says_no(
    sdk: ContainerServiceClient, version: str, vm_size: str, asked: str | None, state: str | None
) -> None:
    profile: dict[str, Any] = {} if asked is None else {"local_dns_profile": LocalDNSProfile(mode=asked)}
    made = await create(sdk, cluster(pool(vm_size=vm_size, **profile), kubernetes_version=version))
    shown = made.agent_pool_profiles[0].local_dns_profile
    assert (shown.state if shown else None) == state


async def test_the_last_system_pool_is_not_deleted(sdk: ContainerServiceClient) -> None:
    await create(sdk)
    await add_pool(sdk, "more")
    with pytest.raises(HttpResponseError, match="at least one system agent pool"):
        await sdk.agent_pools.begin_delete("hub", "aks", "system")


async def test_a_pool_is_there_until_it_is_deleted(sdk: ContainerServiceClient, world: World) -> None:
    await create(sdk)
    await add_pool(sdk, "more")
    clock = world.manager.host.services.clock
    clock.set_time_scale(1)
    deletion = await sdk.agent_pools.begin_delete("hub", "aks", "more")
    assert (await sdk.agent_pools.get("hub", "aks", "more")).provisioning_state == "Deleting"
    error = await refusal(sdk, cluster(pool(), pool("more", mode="User")))
    assert "in progress delete" in error.message
    clock.set_time_scale(0)
    await deletion.result()
    assert [each.name async for each in sdk.agent_pools.list("hub", "aks")] == ["system"]


async def test_an_upgrade_skips_no_minor_version_and_names_what_is_offered(
    sdk: ContainerServiceClient,
) -> None:
    await create(sdk, cluster(kubernetes_version="1.34.6"))
    error = await refusal(sdk, cluster(kubernetes_version="1.36"))
    assert error.code == "OperationNotAllowed"
    assert error.message.startswith("Upgrading Kubernetes version 1.34.6 to 1.36.3 is not allowed. Available")
    assert "[1.34.7 1.35.4 1.35.3]" in error.message


async def test_a_downgrade_is_refused(sdk: ContainerServiceClient) -> None:
    await create(sdk, cluster(kubernetes_version="1.35"))
    error = await refusal(sdk, cluster(kubernetes_version="1.34"))
    assert error.message.startswith("Downgrading Kubernetes version 1.35.4 to 1.34.7 is not allowed.")


async def test_a_newer_control_plane_leaves_pools_behind_that_name_no_version(
    sdk: ContainerServiceClient,
) -> None:
    await create(sdk, cluster(kubernetes_version="1.34"))
    made = await create(sdk, cluster(kubernetes_version="1.35"))
    assert made.current_kubernetes_version == "1.35.4"
    assert made.agent_pool_profiles[0].current_orchestrator_version == "1.34.7"
    made = await create(sdk, cluster(pool(orchestrator_version="1.35"), kubernetes_version="1.35"))
    assert made.agent_pool_profiles[0].current_orchestrator_version == "1.35.4"


@pytest.mark.parametrize(
    ("versions", "channel", "accepted"),
    [
        ({"kubernetes": "1.35", "system": "1.35", "more": "1.35"}, "patch", True),
        ({"kubernetes": "1.35", "system": "1.34.7", "more": "1.34.7"}, "none", True),
        ({"kubernetes": "1.35", "system": "1.34.7", "more": "1.34.7"}, "patch", False),
        ({"kubernetes": "1.35", "system": "1.35", "more": "1.34.7"}, "none", False),
        ({"kubernetes": "1.35", "system": "1.35", "more": None}, "none", False),
        ({"kubernetes": "1.34.7", "system": "1.34.7", "more": "1.34.7"}, "patch", True),
        ({"kubernetes": "1.34.7", "system": "1.34.7", "more": None}, "patch", False),
        ({"kubernetes": "1.34.7", "system": "1.34.7", "more": "1.34.6"}, "patch", False),
    ],
)
async def test_the_request_of_a_cluster_gives_no_single_pool_another_version(
    sdk: ContainerServiceClient, versions: dict[str, str | None], channel: Any, *, accepted: bool
) -> None:
    await create(sdk, cluster(pool(), pool("more", mode="User"), kubernetes_version="1.34.7"))
    wanted = cluster(
        pool(orchestrator_version=versions["system"]),
        pool("more", mode="User", orchestrator_version=versions["more"]),
        kubernetes_version=versions["kubernetes"],
        auto_upgrade_profile=ManagedClusterAutoUpgradeProfile(upgrade_channel=channel),
    )
    if accepted:
        await create(sdk, wanted)
    else:
        code = "NotAllAgentPoolOrchestratorVersionSpecifiedAndUnchanged"
        assert (await refusal(sdk, wanted)).code == code


async def test_no_pool_is_ahead_of_its_control_plane(sdk: ContainerServiceClient) -> None:
    error = await refusal(sdk, cluster(pool(orchestrator_version="1.36"), kubernetes_version="1.35"))
    assert error.code == "NodePoolMcVersionIncompatible"


async def test_upgrades_of_a_cluster_and_of_a_region_are_listed(sdk: ContainerServiceClient) -> None:
    await create(sdk, cluster(kubernetes_version="1.35.3"))
    profile = await sdk.managed_clusters.get_upgrade_profile("hub", "aks")
    upgrades = [each.kubernetes_version for each in profile.control_plane_profile.upgrades or ()]
    assert upgrades == ["1.35.4", "1.36.3", "1.36.2"]
    listed = await sdk.managed_clusters.list_kubernetes_versions("westeurope")
    oldest = next(each for each in listed.values_property or () if each.version == "1.34")
    assert (oldest.patch_versions or {})["1.34.7"].upgrades == ["1.35.4", "1.35.3"]


async def test_a_version_of_long_term_support_needs_that_plan_and_its_tier(
    sdk: ContainerServiceClient,
) -> None:
    listed = await sdk.managed_clusters.list_kubernetes_versions("westeurope")
    plans = {each.version: each.capabilities for each in listed.values_property or ()}
    assert (plans["1.33"] or KubernetesVersionCapabilities()).support_plan == ["AKSLongTermSupport"]
    wanted = cluster(kubernetes_version="1.33", support_plan="AKSLongTermSupport")
    assert (await refusal(sdk, wanted)).code == "K8sVersionNotSupported"
    wanted.sku = ManagedClusterSKU(name="Base", tier="Premium")
    assert (await create(sdk, wanted)).current_kubernetes_version == "1.33.12"


async def test_a_cluster_keeps_a_version_that_has_become_one_of_long_term_support(
    sdk: ContainerServiceClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await create(sdk, cluster(kubernetes_version="1.34"))
    monkeypatch.setattr(versions, "LONG_TERM_ONLY", {"1.33", "1.34"})
    assert (await create(sdk, cluster(kubernetes_version="1.34"))).current_kubernetes_version == "1.34.7"
    assert (await create(sdk, cluster(kubernetes_version="1.35"))).current_kubernetes_version == "1.35.4"


async def test_autoscaling_is_switched_off_without_naming_its_bounds(sdk: ContainerServiceClient) -> None:
    await create(sdk, cluster(pool(), pool("user", **SCALING)))
    made = await create(sdk, cluster(pool(), pool("user", mode="User", count=2, enable_auto_scaling=False)))
    user = made.agent_pool_profiles[1]
    assert (user.enable_auto_scaling, user.min_count, user.max_count, user.count) == (False, None, None, 2)


async def test_a_running_cluster_is_not_started_nor_a_stopped_one_stopped(
    sdk: ContainerServiceClient,
) -> None:
    await create(sdk)
    with pytest.raises(HttpResponseError, match=r"Power State\(Running\), starting cannot be performed"):
        await sdk.managed_clusters.begin_start("hub", "aks")
    await (await sdk.managed_clusters.begin_stop("hub", "aks")).result()
    with pytest.raises(HttpResponseError, match=r"Power State\(Stopped\), stopping cannot be performed"):
        await sdk.managed_clusters.begin_stop("hub", "aks")


@pytest.mark.parametrize(
    ("mode", "surge", "unavailable", "accepted"),
    [
        ("System", "1", "0", True),
        ("System", "0", "1", False),
        ("User", "0", "1", True),
        ("User", "1", "1", False),
        ("User", "0", "0", False),
    ],
)
async def test_nodes_are_replaced_by_surge_or_by_draining_and_system_nodes_by_surge(
    sdk: ContainerServiceClient, mode: str, surge: str, unavailable: str, *, accepted: bool
) -> None:
    settings = AgentPoolUpgradeSettings(max_surge=surge, max_unavailable=unavailable)
    pools = (pool(), pool("other", mode=mode, upgrade_settings=settings))
    if accepted:
        await create(sdk, cluster(*pools))
    else:
        assert (await refusal(sdk, cluster(*pools))).code == "InvalidParameter"


async def test_a_maintenance_window_is_stored_with_its_first_day(sdk: ContainerServiceClient) -> None:
    await create(sdk)
    window = {
        "schedule": {"weekly": {"intervalWeeks": 1, "dayOfWeek": "Sunday"}},
        "durationHours": 4,
        "startTime": "02:00",
        "utcOffset": "+01:00",
    }
    wanted = MaintenanceConfiguration({"properties": {"maintenanceWindow": window}})
    windows = sdk.maintenance_configurations
    made = await windows.create_or_update("hub", "aks", "aksManagedAutoUpgradeSchedule", wanted)
    assert made.as_dict()["properties"]["maintenanceWindow"].items() > window.items()
    with pytest.raises(HttpResponseError, match="not a supported name"):
        await windows.create_or_update("hub", "aks", "sundays", wanted)
    wanted = MaintenanceConfiguration({"properties": {"maintenanceWindow": {**window, "durationHours": 2}}})
    with pytest.raises(HttpResponseError, match="4 to 24 hours"):
        await windows.create_or_update("hub", "aks", "aksManagedAutoUpgradeSchedule", wanted)


async def test_the_node_group_holds_resources_with_the_tags_that_reach_them(
    sdk: ContainerServiceClient, world: World
) -> None:
    wanted = cluster(pool(tags={"pool": "yes"}))
    wanted.tags = {"cluster": "yes"}
    await create(sdk, wanted)
    found = (await world.get(f"{NODES}/resources", "2025-04-01")).json()["value"]
    tags = {each["type"].partition("/")[2]: each["tags"] for each in found}
    assert tags["virtualMachineScaleSets"] == {"pool": "yes", "aks-managed-poolName": "system"}
    assert tags["loadBalancers"] == tags["publicIPAddresses"] == {"cluster": "yes"}
    assert (await world.get(NODES, "2025-04-01")).json()["tags"]["cluster"] == "yes"


async def test_a_scale_set_that_a_policy_denies_fails_the_cluster_in_the_services_words(
    sdk: ContainerServiceClient, world: World
) -> None:
    await assign(world, REQUIRE_TAG, tagName="cost")
    wanted = cluster()
    wanted.tags = {"cost": "5"}
    error = await refusal(sdk, wanted)
    assert error.code == "CreateVMSSAgentPoolFailed"
    assert "SubCode: RequestDisallowedByPolicy" in error.message
    wanted.agent_pool_profiles[0].tags = {"cost": "5"}
    assert (await create(sdk, wanted)).provisioning_state == "Succeeded"


async def test_addresses_are_counted_and_limited(sdk: ContainerServiceClient, world: World) -> None:
    world.manager.host.services.subscriptions.get(SUBSCRIPTION.rpartition("/")[2]).address_limit = 0
    assert "PublicIPCountLimitReached" in (await refusal(sdk, cluster())).message
    usages = f"{SUBSCRIPTION}/providers/Microsoft.Network/locations/westeurope/usages"
    counted = {
        each["name"]["value"]: each for each in (await world.get(usages, "2025-05-01")).json()["value"]
    }
    assert (counted["PublicIPAddresses"]["currentValue"], counted["PublicIPAddresses"]["limit"]) == (0, 0)


async def test_a_read_only_lock_hides_the_credentials(sdk: ContainerServiceClient, world: World) -> None:
    await create(sdk)
    path = f"{GROUP}/providers/Microsoft.Authorization/locks/kept"
    await world.make(path, {"properties": {"level": "ReadOnly"}}, "2020-05-01")
    with pytest.raises(HttpResponseError, match="following scope"):
        await sdk.managed_clusters.list_cluster_user_credentials("hub", "aks")


@pytest.mark.parametrize(("level", "status"), [("ReadOnly", 403), ("Unrestricted", 200)])
async def test_a_protected_node_group_is_read_by_its_owner_and_changed_by_nobody(
    world: World, sdk: ContainerServiceClient, level: Any, status: int
) -> None:
    profile = ManagedClusterNodeResourceGroupProfile(restriction_level=level)
    await create(sdk, cluster(node_resource_group_profile=profile))
    assert (await world.get(NODES, "2022-09-01")).status_code == 200
    answer = await world.put(NODES, {"location": "westeurope", "tags": {"mine": "yes"}}, "2022-09-01")
    assert answer.status_code == status
    if status == 403:
        assert answer.json()["error"]["code"] == "DenyAssignmentAuthorizationFailed"
    # What the service itself does there goes on.
    await add_pool(sdk, "more")
    await (await sdk.managed_clusters.begin_delete("hub", "aks")).result()
    assert (await world.get(NODES, "2022-09-01")).status_code == 404
