"""Managed clusters as their own SDK client meets them, through the sandbox's proxy."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.mgmt.containerservice.aio import ContainerServiceClient
from azure.mgmt.containerservice.models import (
    ContainerServiceNetworkProfile,
    ManagedCluster,
    ManagedClusterAgentPoolProfile,
    ManagedClusterAPIServerAccessProfile,
    ManagedClusterIdentity,
    ManagedClusterProperties,
)

from sandbox.azure.resource_manager.app import SUBSCRIPTION_ID
from tests.sandbox.azure.resource_manager.internet import Token, internet

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.sandbox.azure.resource_manager.conftest import World

GROUP = f"/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/hub"
CLUSTER = f"{GROUP}/providers/Microsoft.ContainerService/managedClusters/aks"
VERSION = "2026-08-01"


@pytest.fixture
async def sdk(world: World, tmp_path: Path) -> AsyncIterator[ContainerServiceClient]:
    """The official client, signed in as the owner."""
    async with (
        internet(world, tmp_path) as (proxy, ca_file),
        ContainerServiceClient(
            Token(world.people.token(world.owner)),
            SUBSCRIPTION_ID,
            polling_interval=0.01,
            proxies={"https": proxy},
            connection_verify=ca_file,
        ) as client,
    ):
        yield client


def pool(name: str = "system", **more: Any) -> ManagedClusterAgentPoolProfile:
    wanted: dict[str, Any] = {"mode": "System", "vm_size": "Standard_D2s_v5", "count": 1} | more
    return ManagedClusterAgentPoolProfile(name=name, **wanted)


def cluster(*pools: ManagedClusterAgentPoolProfile, **properties: Any) -> ManagedCluster:
    return ManagedCluster(
        location="West Europe",
        identity=ManagedClusterIdentity(type="SystemAssigned"),
        properties=ManagedClusterProperties(
            dns_prefix="Hub", agent_pool_profiles=list(pools) or [pool()], **properties
        ),
    )


async def create(sdk: ContainerServiceClient, wanted: ManagedCluster | None = None) -> ManagedCluster:
    poller = await sdk.managed_clusters.begin_create_or_update("hub", "aks", wanted or cluster())
    return await poller.result()


async def test_a_cluster_is_created_and_echoed_with_azures_defaults(sdk: ContainerServiceClient) -> None:
    made = (await create(sdk)).properties
    assert made is not None
    assert made.provisioning_state == "Succeeded"
    assert made.fqdn is not None
    assert made.fqdn.startswith("hub-")
    assert made.fqdn.endswith(".hcp.westeurope.azmk8s.io")
    assert made.node_resource_group == "MC_hub_aks_westeurope"
    assert made.agent_pool_profiles is not None
    assert (made.agent_pool_profiles[0].max_pods, made.agent_pool_profiles[0].os_sku) == (250, "Ubuntu")


async def test_the_control_plane_gets_both_pools_at_once(sdk: ContainerServiceClient, world: World) -> None:
    user = pool(
        "user",
        mode="User",
        min_count=0,
        max_count=3,
        enable_auto_scaling=True,
        node_taints=["a=b:NoSchedule"],
    )
    await create(sdk, cluster(pool(), user))
    (control_plane,) = world.clusters.made.values()
    assert [each.name for each in control_plane.spec.pools] == ["system", "user"]
    assert control_plane.spec.pools[1].max_count == 3
    assert control_plane.spec.pools[1].taints == ("a=b:NoSchedule",)


async def test_an_absent_cluster_is_not_found(sdk: ContainerServiceClient) -> None:
    with pytest.raises(ResourceNotFoundError):
        await sdk.managed_clusters.get("hub", "aks")


async def test_credentials_are_the_control_planes_kubeconfig(sdk: ContainerServiceClient) -> None:
    made = (await create(sdk)).properties
    assert made is not None
    answer = await sdk.managed_clusters.list_cluster_user_credentials("hub", "aks")
    assert answer.kubeconfigs is not None
    content = yaml.safe_load(bytes(answer.kubeconfigs[0].value or b""))
    assert content["clusters"][0]["cluster"]["server"] == f"https://{made.fqdn}:443"


async def test_an_update_changes_the_pools(sdk: ContainerServiceClient, world: World) -> None:
    await create(sdk)
    await create(sdk, cluster(pool(count=2)))
    (control_plane,) = world.clusters.made.values()
    assert control_plane.calls == ["set_pools:system=2"]


async def test_the_same_again_leaves_the_pools_alone(sdk: ContainerServiceClient, world: World) -> None:
    await create(sdk)
    await create(sdk)
    (control_plane,) = world.clusters.made.values()
    assert control_plane.calls == []


async def test_a_cluster_stops_and_starts(sdk: ContainerServiceClient) -> None:
    await create(sdk)
    await (await sdk.managed_clusters.begin_stop("hub", "aks")).result()
    stopped = await sdk.managed_clusters.get("hub", "aks")
    assert stopped.properties is not None
    assert stopped.properties.power_state is not None
    assert stopped.properties.power_state.code == "Stopped"
    with pytest.raises(HttpResponseError, match="stopped"):
        await create(sdk)
    await (await sdk.managed_clusters.begin_start("hub", "aks")).result()
    await create(sdk)


async def test_deleting_takes_the_control_plane_and_the_node_group(
    sdk: ContainerServiceClient, world: World
) -> None:
    await create(sdk)
    await (await sdk.managed_clusters.begin_delete("hub", "aks")).result()
    (control_plane,) = world.clusters.made.values()
    assert control_plane.calls == ["delete"]
    groups = (await world.get(f"/subscriptions/{SUBSCRIPTION_ID}/resourceGroups", "2025-04-01")).json()[
        "value"
    ]
    assert [group["name"] for group in groups] == ["hub"]


async def test_a_pool_is_added_and_removed(sdk: ContainerServiceClient, world: World) -> None:
    await create(sdk)
    body = {"properties": {"mode": "User", "vmSize": "Standard_D2s_v5", "count": 1}}
    pools = [each.name async for each in sdk.agent_pools.list("hub", "aks")]
    await world.make(f"{CLUSTER}/agentPools/extra", body, VERSION)
    more = [each.name async for each in sdk.agent_pools.list("hub", "aks")]
    await (await sdk.agent_pools.begin_delete("hub", "aks", "extra")).result()
    assert (pools, more) == (["system"], ["system", "extra"])
    (control_plane,) = world.clusters.made.values()
    assert control_plane.calls == ["set_pools:system=1,extra=1", "set_pools:system=1"]


async def test_etag_of_an_older_state_is_refused(sdk: ContainerServiceClient) -> None:
    before = await create(sdk)
    await create(sdk, cluster(pool(count=2)))
    with pytest.raises(HttpResponseError) as refusal:
        await sdk.managed_clusters.begin_create_or_update(
            "hub", "aks", cluster(), etag=before.e_tag, match_condition=MatchConditions.IfNotModified
        )
    assert refusal.value.status_code == 412


@pytest.mark.parametrize(
    ("wanted", "code", "text"),
    [
        (cluster(pool(mode="User")), "InvalidParameter", "at least one system pool"),
        (cluster(pool(vm_size="Standard_Nothing")), "BadRequest", "The available VM sizes are"),
        (cluster(pool(vm_size="Standard_D1_v2")), "SystemPoolSkuTooLow", "more than 2 cores and 4GB memory"),
        (
            cluster(pool(count=6)),
            "ErrCode_InsufficientVCPUQuota",
            "Insufficient vcpu quota requested 12, remaining 10 for family standardDSv5Family",
        ),
        (
            cluster(pool(count=4), pool("user", mode="User", vm_size="Standard_E2s_v5", count=2)),
            "ErrCode_InsufficientVCPUQuota",
            "left regional vcpu quota 10, requested quota 12",
        ),
        (cluster(pool("Too-long-and-strange")), "InvalidParameter", "max length of 12"),
        (cluster(pool(enable_auto_scaling=True)), "InvalidParameter", "minCount is missing"),
        (cluster(kubernetes_version="1.12.0"), "K8sVersionNotSupported", "has invalid version 1.12.0."),
        (cluster(kubernetes_version="1.33"), "K8sVersionNotSupported", "on version 1.33.12, which is only"),
        (
            cluster(network_profile=ContainerServiceNetworkProfile(network_policy="cilium")),
            "InvalidParameter",
            "requires network dataplane cilium",
        ),
    ],
)
async def test_what_azure_refuses_is_refused_in_its_words(
    sdk: ContainerServiceClient, wanted: ManagedCluster, code: str, text: str
) -> None:
    with pytest.raises(HttpResponseError) as refusal:
        await create(sdk, wanted)
    assert refusal.value.error is not None
    assert refusal.value.error.code == code
    assert text in str(refusal.value.error.message)


async def test_a_refusal_of_the_service_is_not_wrapped(world: World) -> None:
    answer = await world.put(CLUSTER, {"location": "westeurope", "properties": {}}, VERSION)
    assert set(answer.json()) == {"code", "details", "message", "subcode"}


async def test_the_name_of_a_pools_size_does_not_change(sdk: ContainerServiceClient) -> None:
    await create(sdk)
    with pytest.raises(HttpResponseError, match="Changing property 'vmSize' is not allowed"):
        await create(sdk, cluster(pool(vm_size="Standard_D4s_v5")))


@pytest.mark.parametrize("time_scale", [0.002])
async def test_meanwhile_it_is_creating_and_nothing_else_may_begin(world: World) -> None:
    body = cluster().as_dict()
    begun = await world.put(CLUSTER, body, VERSION)
    again = await world.put(CLUSTER, body, VERSION)
    polled = await world.client(world.owner).get(begun.headers["Azure-AsyncOperation"])
    assert (begun.status_code, begun.json()["properties"]["provisioningState"]) == (201, "Creating")
    assert (again.status_code, again.json()["code"]) == (409, "OperationNotAllowed")
    assert polled.json()["status"] == "InProgress"
    assert "endTime" not in polled.json()


async def test_credentials_of_a_reader_are_refused(sdk: ContainerServiceClient, world: World) -> None:
    await create(sdk)
    reader = world.people.add("reader")
    world.manager.grant(reader, "Reader", GROUP)
    answer = await world.post(f"{CLUSTER}/listClusterUserCredential", VERSION, by=reader)
    assert answer.json()["error"]["code"] == "AuthorizationFailed"


async def test_credentials_are_base64(world: World) -> None:
    await world.make(CLUSTER, cluster().as_dict(), VERSION)
    answer = await world.post(f"{CLUSTER}/listClusterAdminCredential", VERSION)
    assert b"azmk8s.io" in base64.b64decode(answer.json()["kubeconfigs"][0]["value"])


async def test_the_api_answers_the_ranges_that_are_asked_for(
    world: World, sdk: ContainerServiceClient
) -> None:
    ranges = ManagedClusterAPIServerAccessProfile(authorized_ip_ranges=["192.0.2.17", "198.51.100.0/24"])
    made = (await create(sdk, cluster(api_server_access_profile=ranges))).properties
    assert made is not None
    assert made.api_server_access_profile == {"authorizedIPRanges": ["192.0.2.17/32", "198.51.100.0/24"]}
    (plane,) = world.clusters.made.values()
    assert plane.authorised == ["192.0.2.17/32", "198.51.100.0/24", "at once"]
    nobody_else = ManagedClusterAPIServerAccessProfile(authorized_ip_ranges=[])
    await create(sdk, cluster(api_server_access_profile=nobody_else))
    assert plane.authorised == []


@pytest.mark.parametrize("wrong", [["192.0.2.1/24"], ["office"], [f"20.0.0.{n}" for n in range(201)]])
async def test_ranges_that_are_none_are_refused(wrong: list[str], sdk: ContainerServiceClient) -> None:
    ranges = ManagedClusterAPIServerAccessProfile(authorized_ip_ranges=wrong)
    with pytest.raises(HttpResponseError, match="authorizedIPRanges"):
        await create(sdk, cluster(api_server_access_profile=ranges))
