"""What a deployment changes in a cluster that is there already, request by request."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
from azure.mgmt.containerservice.aio import ContainerServiceClient
from azure.mgmt.resource.resources.aio import ResourceManagementClient

from deployer.azure import retries, settled_cluster
from deployer.azure.clients import AzureClients
from deployer.azure.session import Session
from deployer.names import derive_names
from deployer.progress.events import Progress
from deployer.progress.report import StepReport
from deployer.redaction import Redactor
from deployer.run.context import Context
from deployer.steps.cluster import ensure_cluster
from sandbox.azure.resource_manager.app import SUBSCRIPTION_ID
from sandbox.azure.resource_manager.providers.container_service.quota import AGENT_POOLS
from tests import aborts
from tests.deployer.azure.answers import failure
from tests.deployer.kept_events import KeptEvents
from tests.deployer.settings_of import settings_of
from tests.end_to_end.governance import CLUSTERS_API
from tests.sandbox.azure.resource_manager.conftest import time_scale, unregistered, world
from tests.sandbox.azure.resource_manager.internet import Token, internet

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.sandbox.azure.resource_manager.conftest import World

__all__ = ["time_scale", "unregistered", "world"]

GROUP, NAME = "hub", "demo"


@dataclass
class Hub:
    """A hub of which only the cluster is deployed."""

    azure: AzureClients
    folder: Path
    shown: KeptEvents = field(default_factory=KeptEvents)

    async def deploy(self, **given: str) -> str:
        """Run the step with these settings; return what it says that it has done."""
        settings = settings_of(azure_subscription=SUBSCRIPTION_ID, resource_group_name=GROUP, **given)
        nothing: Any = None  # the step does not ask the credential
        async with AsyncExitStack() as stack:
            now = datetime.now(UTC)
            context = Context(settings, now, self.folder, self.folder, Redactor(), stack, aborts.fail)
            context.results.session.set(Session(settings, derive_names(settings), nothing, self.azure))
            context.results.own_range.set(None)
            return await ensure_cluster(context, StepReport("cluster", Progress([self.shown])))

    async def pools(self) -> dict[str, dict[str, Any]]:
        """Return the node pools by their names, without their ETags."""
        found = (await self.azure.clusters.managed_clusters.get(GROUP, NAME)).as_dict()
        pools = found["properties"]["agentPoolProfiles"]
        return {pool["name"]: {key: value for key, value in pool.items() if key != "eTag"} for pool in pools}

    async def shows(self, words: str) -> None:
        """Wait until the step shows these words."""
        async with asyncio.timeout(30):
            while not any(words in each for each in self.shown.messages):  # noqa: ASYNC110 - what is shown sets no event
                await asyncio.sleep(0.01)


@pytest.fixture
async def hub(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Hub]:
    """Return a hub whose group is there, and whose waits look often."""
    monkeypatch.setattr(settled_cluster, "LOOK_EVERY", 0.05)
    async with internet(world, tmp_path) as (proxy, ca_file):
        credential = Token(world.people.token(world.owner))
        reached: dict[str, Any] = {"proxies": {"https": proxy}, "connection_verify": ca_file}
        azure = AzureClients(credential, SUBSCRIPTION_ID)
        azure.clusters = ContainerServiceClient(credential, SUBSCRIPTION_ID, **reached)
        azure.resources = ResourceManagementClient(credential, SUBSCRIPTION_ID, **reached)
        async with azure:
            yield Hub(azure, tmp_path)


async def test_a_pool_that_was_deleted_is_created_as_it_was_and_then_nothing_changes(hub: Hub) -> None:
    await hub.deploy(tags='{"cost": "5"}')
    before = await hub.pools()
    await (await hub.azure.clusters.agent_pools.begin_delete(GROUP, NAME, "user")).result()
    assert "pool user" in await hub.deploy(tags='{"cost": "5"}')
    assert await hub.pools() == before
    assert "exists" in await hub.deploy(tags='{"cost": "5"}')


async def test_a_new_pool_has_another_size_and_the_quota_is_judged_by_the_sizes_that_there_are(
    hub: Hub,
) -> None:
    await hub.deploy()
    await (await hub.azure.clusters.agent_pools.begin_delete(GROUP, NAME, "user")).result()
    assert "new pool user" in await hub.deploy(aks_node_vm_size="Standard_D4s_v5")
    sizes = {name: pool["vmSize"] for name, pool in (await hub.pools()).items()}
    assert sizes == {"system": "Standard_D2s_v5", "user": "Standard_D4s_v5"}
    # Of 10 cores, two nodes of the system pool and one of the new pool need 8.
    assert [each for each in hub.shown.messages if "no room" in each] == []


async def test_a_new_pool_has_the_version_to_which_the_control_plane_is_upgraded(hub: Hub) -> None:
    await hub.deploy(aks_kubernetes_version="1.34")
    await (await hub.azure.clusters.agent_pools.begin_delete(GROUP, NAME, "user")).result()
    told = await hub.deploy(aks_kubernetes_version="1.35", aks_tier="Standard")
    assert [change for change in ("tier", "Kubernetes 1.35", "pool user") if change not in told] == []
    versions = {name: pool["currentOrchestratorVersion"] for name, pool in (await hub.pools()).items()}
    assert versions == {"system": "1.35.4", "user": "1.35.4"}


async def test_pools_that_stayed_behind_their_control_plane_follow_it(hub: Hub, world: World) -> None:
    await hub.deploy(aks_kubernetes_version="1.34")
    found = (await hub.azure.clusters.managed_clusters.get(GROUP, NAME)).as_dict()
    found["properties"] |= {"kubernetesVersion": "1.35.4", "agentPoolProfiles": []}
    await world.make(found["id"], found, CLUSTERS_API)
    told = await hub.deploy(aks_kubernetes_version="1.35")
    assert "pool system to Kubernetes 1.35.4, pool user to Kubernetes 1.35.4" in told
    versions = {name: pool["currentOrchestratorVersion"] for name, pool in (await hub.pools()).items()}
    assert versions == {"system": "1.35.4", "user": "1.35.4"}
    assert "exists" in await hub.deploy(aks_kubernetes_version="1.35")


async def test_a_pool_that_is_being_deleted_is_waited_for_and_created_again(hub: Hub, world: World) -> None:
    await hub.deploy()
    clock = world.manager.host.services.clock
    clock.set_time_scale(1)
    await hub.azure.clusters.agent_pools.begin_delete(GROUP, NAME, "user")
    deploying = asyncio.create_task(hub.deploy())
    await hub.shows("user of the cluster demo is being deleted")
    clock.set_time_scale(0)
    assert "pool user" in await deploying
    assert set(await hub.pools()) == {"system", "user"}


async def test_a_pool_that_grows_while_another_one_is_upgraded_keeps_its_nodes(
    hub: Hub, world: World
) -> None:
    await hub.deploy(aks_kubernetes_version="1.34")
    found = (await hub.azure.clusters.managed_clusters.get(GROUP, NAME)).as_dict()
    found["properties"] |= {"kubernetesVersion": "1.35.4", "agentPoolProfiles": []}
    await world.make(found["id"], found, CLUSTERS_API)
    services = world.manager.host.services
    services.clock.set_time_scale(1)
    deploying = asyncio.create_task(hub.deploy(aks_kubernetes_version="1.35"))
    await hub.shows("pool system to Kubernetes")
    (pool,) = (each for each in services.state.of_type(AGENT_POOLS) if each.id.name == "user")
    pool.properties["count"] = 2
    services.clock.set_time_scale(0)
    assert "pool user to Kubernetes" in await deploying
    assert (await hub.pools())["user"]["count"] == 2


async def test_a_pool_that_grows_while_another_operation_is_waited_for_keeps_its_nodes(
    hub: Hub, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await hub.deploy(aks_node_count_max="3")
    clusters = hub.azure.clusters.managed_clusters
    put = clusters.begin_create_or_update

    async def busy(*_: object) -> NoReturn:
        monkeypatch.setattr(clusters, "begin_create_or_update", put)
        (pool,) = (
            each for each in world.manager.host.services.state.of_type(AGENT_POOLS) if each.id.name == "user"
        )
        pool.properties["count"] = 2
        raise failure({"error": {"code": "OperationNotAllowed", "message": "is in progress"}}, 409)

    monkeypatch.setattr(retries, "wait_exponential_jitter", lambda **_: lambda _state: 0)
    monkeypatch.setattr(clusters, "begin_create_or_update", busy)
    assert "pool user" in await hub.deploy(aks_node_count_max="4")
    pool = (await hub.pools())["user"]
    assert (pool["count"], pool["maxCount"]) == (2, 4)
