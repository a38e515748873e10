"""A Resource Manager for each test, with doubles that record what would run behind it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from sandbox.azure.container_instances import TERMINATED, Container, Containers
from sandbox.azure.identity.directory import SERVICE_PRINCIPAL, Directory
from sandbox.azure.resource_manager.app import SUBSCRIPTION_ID, ResourceManager
from sandbox.azure.storage.blob_stores import BlobStores
from sandbox.clock import Clock
from sandbox.clusters.cluster import Cluster
from sandbox.clusters.clusters import Clusters
from sandbox.clusters.spec import ClusterSpec
from sandbox.network.hosts import Hosts

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from starlette.types import ASGIApp

    from sandbox.azure.container_instances import ContainerSpec
    from sandbox.azure.identity.directory import Principal
    from sandbox.clusters.cloud import Cloud
    from sandbox.clusters.spec import NodePool

SUBSCRIPTION = f"/subscriptions/{SUBSCRIPTION_ID}"
GROUP = f"{SUBSCRIPTION}/resourceGroups/hub"
AUDIENCE = "https://management.azure.com/"


class People(Directory):
    """The tenant, to which tests add principals."""

    def add(self, name: str, kind: str = SERVICE_PRINCIPAL) -> Principal:
        return self._add(name, kind)

    @property
    def members(self) -> dict[str, Principal]:
        """The principals by object id."""
        return self._principals

    def token(self, principal: Principal, audience: str = AUDIENCE) -> str:
        return self.issue_token(principal, audience)


class RecordedCluster(Cluster):
    """A control plane that only records its calls."""

    def __init__(self, spec: ClusterSpec) -> None:
        self.spec = spec
        self.calls: list[str] = []
        self.authorised: list[str] = []

    def authorise(self, ranges: Sequence[str], *, at_once: bool = False) -> None:
        self.authorised = [*ranges, *(("at once",) if at_once else ())]

    def kubeconfig(self, kind: str = "clusterUser") -> str:  # noqa: ARG002 - as in Cluster
        return f"clusters: [{{cluster: {{server: 'https://{self.spec.fqdn}:443'}}}}]\nusers: []"

    async def set_pools(self, pools: tuple[NodePool, ...]) -> None:
        self.calls.append("set_pools:" + ",".join(f"{pool.name}={pool.count}" for pool in pools))

    async def stop(self) -> None:
        self.calls.append("stop")

    async def start(self) -> None:
        self.calls.append("start")

    async def delete(self) -> None:
        self.calls.append("delete")


class RecordedClusters(Clusters):
    """Control planes that only record their calls."""

    def __init__(self) -> None:
        self.made: dict[str, RecordedCluster] = {}
        self.labels: set[tuple[str, str]] = set()

    async def create(self, spec: ClusterSpec, cloud: Cloud | None = None) -> RecordedCluster:  # noqa: ARG002 - the signature of what it stands for
        self.made[spec.fqdn] = RecordedCluster(spec)
        return self.made[spec.fqdn]

    def get(self, fqdn: str) -> RecordedCluster | None:
        return self.made.get(fqdn)

    def holder_of_label(self, location: str, label: str) -> tuple[Cluster, str, str] | None:
        if (location, label) not in self.labels:
            return None
        return RecordedCluster(ClusterSpec("other", "other", location, "", ())), "hub", "proxy-public"


class RecordedBlobStores(BlobStores):
    """Blob endpoints that only record their calls."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []

    async def create_account(self, name: str, location: str) -> None:
        self.calls.append(("create_account", name, location))

    async def delete_account(self, name: str) -> None:
        self.calls.append(("delete_account", name))

    async def create_container(self, account: str, name: str) -> None:
        self.calls.append(("create_container", account, name))

    async def set_static_website(self, account: str, index: str, error_document: str, enabled: bool) -> None:  # noqa: FBT001 - as in BlobStores
        self.calls.append(("set_static_website", account, index, error_document, enabled))


class RecordedContainers(Containers):
    """Containers without processes, which tests end by hand."""

    def __init__(self) -> None:
        self.specs: dict[str, ContainerSpec] = {}
        self.states: dict[str, Container] = {}

    async def start(self, group_id: str, spec: ContainerSpec) -> None:
        self.specs[group_id] = spec
        self.states[group_id] = Container(spec, Path("log"))

    def state(self, group_id: str) -> Container | None:
        return self.states.get(group_id)

    async def stop(self, group_id: str) -> None:
        self.end(group_id, 137)

    def end(self, group_id: str, exit_code: int, restart_count: int = 0) -> None:
        """Let the container of a group end."""
        container = self.states[group_id]
        self.states[group_id] = replace(
            container,
            state=TERMINATED,
            exit_code=exit_code,
            restart_count=restart_count,
            finished=datetime.now(UTC),
        )

    def log(self, group_id: str) -> str:
        return f"log of {group_id.rpartition('/')[2]}"


class RecordedHosts(Hosts):
    """Host names whose applications tests can look at."""

    @property
    def apps(self) -> dict[str, ASGIApp]:
        return self._apps


@dataclass
class World:
    """Resource Manager with all that stands behind it, and a client for each principal."""

    people: People
    clusters: RecordedClusters
    blob_stores: RecordedBlobStores
    containers: RecordedContainers
    hosts: RecordedHosts
    manager: ResourceManager
    owner: Principal

    def client(self, principal: Principal | None) -> httpx.AsyncClient:
        """A client that speaks as a principal (None: without a token)."""
        headers = {"Authorization": f"Bearer {self.people.token(principal)}"} if principal else {}
        transport = httpx.ASGITransport(self.manager.app)
        return httpx.AsyncClient(
            transport=transport, base_url="https://management.azure.com", headers=headers
        )

    async def put(
        self, path: str, body: dict[str, Any], version: str, by: Principal | None = None
    ) -> httpx.Response:
        """PUT as a principal (the owner by default)."""
        return await self.client(by or self.owner).put(path, json=body, params={"api-version": version})

    async def get(
        self, path: str, version: str, by: Principal | None = None, query: dict[str, str] | None = None
    ) -> httpx.Response:
        """GET as a principal (the owner by default), with further parameters in the query."""
        parameters = {"api-version": version, **(query or {})}
        return await self.client(by or self.owner).get(path, params=parameters)

    async def post(
        self, path: str, version: str, body: dict[str, Any] | None = None, by: Principal | None = None
    ) -> httpx.Response:
        """POST as a principal (the owner by default)."""
        return await self.client(by or self.owner).post(
            path, json=body or {}, params={"api-version": version}
        )

    async def delete(self, path: str, version: str, by: Principal | None = None) -> httpx.Response:
        """DELETE as a principal (the owner by default)."""
        return await self.client(by or self.owner).delete(path, params={"api-version": version})

    async def polls(self, url: str) -> AsyncIterator[httpx.Response]:
        """The answers of a `Location` until it answers no 202 any more."""
        client = self.client(self.owner)
        async with asyncio.timeout(10):
            while True:
                answer = await client.get(url)
                yield answer
                if answer.status_code != 202:
                    return
                url = answer.headers["Location"]
                await asyncio.sleep(0.001)

    async def make(self, path: str, body: dict[str, Any], version: str) -> dict[str, Any]:
        """PUT as the owner and wait until it is provisioned; what GET then shows."""
        host = self.manager.host
        await (await host.put_resource(self.owner, path, version, body))
        return host.get_resource(self.owner, path, version)

    async def attached_clients(self, container_group: str) -> list[str]:
        """Return the client ids of the identities that are attached to a container group."""
        shown = (await self.get(container_group, "2025-09-01")).json()
        return [each["clientId"] for each in shown["identity"]["userAssignedIdentities"].values()]


@pytest.fixture
def time_scale() -> float:
    """So fast that nobody waits; a test of what happens meanwhile overrides it."""
    return 0.0001


@pytest.fixture
def unregistered() -> tuple[str, ...]:
    """Providers that the subscription has not registered."""
    return ()


@pytest.fixture
async def world(time_scale: float, unregistered: tuple[str, ...]) -> AsyncIterator[World]:
    """A Resource Manager with an owner and an empty group `hub` in westeurope."""
    people, clusters, blob_stores = People(), RecordedClusters(), RecordedBlobStores()
    containers, hosts = RecordedContainers(), RecordedHosts()
    manager = ResourceManager(
        directory=people,
        clock=Clock(time_scale),
        clusters=clusters,
        blob_stores=blob_stores,
        containers=containers,
        hosts=hosts,
        unregistered=unregistered,
    )
    owner = people.add("owner", "User")
    manager.grant(owner, "Owner")
    world = World(people, clusters, blob_stores, containers, hosts, manager, owner)
    await world.make(GROUP, {"location": "westeurope"}, "2025-04-01")
    yield world
    await manager.close()
