"""A Resource Manager of one's own for each test, with recording doubles for what runs behind it."""

from __future__ import annotations

import asyncio
import base64
import json
import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from sandbox.azure.resource_manager.app import SUBSCRIPTION_ID, ResourceManager
from sandbox.clock import Clock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sandbox.azure.resource_manager.core.backends import ContainerSpec, Principal

TENANT = "7e4a47ee-0000-4000-8000-000000000002"
SUBSCRIPTION = f"/subscriptions/{SUBSCRIPTION_ID}"
GROUP = f"{SUBSCRIPTION}/resourceGroups/hub"
AUDIENCE = "https://management.azure.com/"


@dataclass(frozen=True)
class Somebody:
    """A principal."""

    name: str
    kind: str = "ServicePrincipal"
    object_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    client_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    tenant_id: str = TENANT


class People:
    """A directory whose tokens are unsigned JWTs that name the principal."""

    tenant_id = TENANT

    def __init__(self) -> None:
        self.members: dict[str, Principal] = {}

    def add(self, name: str, kind: str = "ServicePrincipal") -> Principal:
        somebody = Somebody(name, kind)
        self.members[somebody.object_id] = somebody
        return somebody

    def add_managed_identity(self, name: str) -> Principal:
        return self.add(name)

    def remove(self, object_id: str) -> None:
        self.members.pop(object_id, None)

    def by_object_id(self, object_id: str) -> Principal | None:
        return self.members.get(object_id)

    def token(self, principal: Principal, audience: str = AUDIENCE) -> str:
        claims = {"oid": principal.object_id, "aud": audience, "exp": int(time.time()) + 3600}
        return f"e30.{base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip('=')}.e30"

    def principal_of(self, bearer_token: str) -> Principal | None:
        try:
            claims = bearer_token.split(".")[1]
            oid = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["oid"]
        except (IndexError, ValueError, KeyError):
            return None
        return self.members.get(oid)


@dataclass
class RecordedCluster:
    """A control plane that only remembers."""

    spec: Any
    calls: list[str] = field(default_factory=list)

    def kubeconfig(self) -> str:
        return f"clusters: [{{cluster: {{server: 'https://{self.spec.fqdn}:443'}}}}]"

    async def set_pools(self, pools: tuple[Any, ...]) -> None:
        self.calls.append("set_pools:" + ",".join(f"{pool.name}={pool.count}" for pool in pools))

    async def stop(self) -> None:
        self.calls.append("stop")

    async def start(self) -> None:
        self.calls.append("start")

    async def delete(self) -> None:
        self.calls.append("delete")


class RecordedClusters:
    """All of them."""

    def __init__(self) -> None:
        self.made: dict[str, RecordedCluster] = {}
        self.labels: set[tuple[str, str]] = set()

    async def create(self, spec: Any) -> RecordedCluster:
        self.made[spec.fqdn] = RecordedCluster(spec)
        return self.made[spec.fqdn]

    def get(self, fqdn: str) -> RecordedCluster | None:
        return self.made.get(fqdn)

    def holder_of_label(self, location: str, label: str) -> object | None:
        return "somebody" if (location, label) in self.labels else None


class RecordedBlobStores:
    """Blob endpoints that only remember what they were told."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []

    async def create_account(self, name: str, location: str) -> None:
        self.calls.append(("create_account", name, location))

    async def delete_account(self, name: str) -> None:
        self.calls.append(("delete_account", name))

    async def create_container(self, account: str, name: str) -> None:
        self.calls.append(("create_container", account, name))

    async def set_static_website(self, account: str, index: str, error_document: str, enabled: bool) -> None:  # noqa: FBT001 - the storage part's signature
        self.calls.append(("set_static_website", account, index, error_document, enabled))


class RecordedContainers:
    """Container processes that tests end by hand."""

    def __init__(self) -> None:
        self.specs: dict[str, ContainerSpec] = {}
        self.states: dict[str, SimpleNamespace] = {}

    async def start(self, group_id: str, spec: ContainerSpec) -> None:
        self.specs[group_id] = spec
        self.states[group_id] = SimpleNamespace(
            state="Running", exit_code=None, restart_count=0, started=datetime.now(UTC), finished=None
        )

    def state(self, group_id: str) -> SimpleNamespace | None:
        return self.states.get(group_id)

    async def stop(self, group_id: str) -> None:
        self.end(group_id, 137)

    def end(self, group_id: str, exit_code: int) -> None:
        """Let the process end by itself."""
        ended = {"state": "Terminated", "exit_code": exit_code, "finished": datetime.now(UTC)}
        self.states[group_id] = SimpleNamespace(**{**vars(self.states[group_id]), **ended})

    def log(self, group_id: str) -> str:
        return f"log of {group_id.rpartition('/')[2]}"


class RecordedHosts:
    """Host names and who answers them."""

    def __init__(self) -> None:
        self.apps: dict[str, Any] = {}

    def serve(self, host: str, app: Any) -> None:
        self.apps[host] = app

    def forget(self, host: str) -> None:
        self.apps.pop(host, None)


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
        kernel = self.manager.kernel
        await (await kernel.put_resource(self.owner, path, version, body))
        return kernel.get_resource(self.owner, path, version)


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
