"""Our chart with the deployer's values on a real control plane: helm ends, and everything has its place."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from deployer.settings.capacity import Session, sessions_of
from sandbox.hub.edge import Edge
from sandbox.internet.charts.packages import OWN_CHARTS
from tests.deployer.hubs import REGISTRY_PASSWORD, hub_settings, values_of

if TYPE_CHECKING:
    from sandbox.hub.release_reader import RegistryLogin
    from tests.installations import Installation

pytestmark = pytest.mark.asyncio(loop_scope="session")

CORE, USER = "core", "user"
PATIENCE_SECONDS = 30


async def pods(installation: Installation) -> dict[str, dict[str, Any]]:
    """Return the release's pods by their component, once all of them run."""
    for _ in range(PATIENCE_SECONDS):
        items = (await installation.get("/api/v1/NAMESPACE/pods"))["items"]
        if all(pod["status"]["phase"] == "Running" for pod in items):
            break
        await asyncio.sleep(1)
    return {pod["metadata"]["labels"]["component"]: pod for pod in items}


async def purposes(installation: Installation) -> dict[str, str]:
    """Return what each node is for."""
    nodes = [node["metadata"] for node in (await installation.get("/api/v1/nodes"))["items"]]
    return {node["name"]: node["labels"]["hub.jupyter.org/node-purpose"] for node in nodes}


async def test_every_pod_runs_on_the_kind_of_node_that_it_is_for(installation: Installation) -> None:
    kinds = await purposes(installation)
    found = await pods(installation)
    assert {component: kinds.get(pod["spec"].get("nodeName", "")) for component, pod in found.items()} == {
        "binder": CORE,
        "hub": CORE,
        "proxy": CORE,
        "user-scheduler": CORE,
        "image-builder": USER,
        "image-cleaner": USER,
        "user-placeholder": USER,
    }


async def test_the_default_sizes_need_no_further_node(installation: Installation) -> None:
    await pods(installation)
    assert sorted((await purposes(installation)).values()) == [CORE, USER]


async def test_a_container_that_asks_for_nothing_is_given_a_request(installation: Installation) -> None:
    cleaner = (await pods(installation))["image-cleaner"]
    assert cleaner["spec"]["containers"][0]["resources"]["requests"] == {"cpu": "10m", "memory": "64Mi"}


async def test_an_upgrade_keeps_the_generated_tokens(installation: Installation) -> None:
    before = (await installation.get("/api/v1/NAMESPACE/secrets/hub"))["data"]
    await installation.helm("upgrade", "our-hub", str(OWN_CHARTS / "binderhub"), "--set", "replicas=1")
    after = (await installation.get("/api/v1/NAMESPACE/secrets/hub"))["data"]
    tokens = [key for key in before if key.startswith("hub.")]
    assert len(tokens) == 4
    assert {key: before[key] for key in tokens} == {key: after[key] for key in tokens}
    assert len({before[key] for key in tokens}) == 4


async def test_the_public_names_answer_as_the_live_objects_say(installation: Installation) -> None:
    async def takes_login(login: RegistryLogin) -> bool:
        return login.password == REGISTRY_PASSWORD

    edge = Edge(installation.clusters, takes_login)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(edge)) as client:

        async def status(label: str, path: str, *, wanted: int) -> int:
            """Ask until the answer is the wanted one, or for too long."""
            for _ in range(PATIENCE_SECONDS):
                answer = await client.get(f"http://{label}.westeurope.cloudapp.azure.com{path}")
                if answer.status_code == wanted:
                    break
                await asyncio.sleep(1)
            return answer.status_code

        assert await status("our-hub", "/health", wanted=200) == 200
        assert await status("our-hub-hub", "/hub/api", wanted=200) == 200
        await installation.cluster.api.delete("/api/v1/namespaces/our-hub/services/binder")
        assert await status("our-hub", "/versions", wanted=502) == 502
        assert await status("our-hub-hub", "/hub/api", wanted=200) == 200
        await installation.helm("upgrade", "our-hub", str(OWN_CHARTS / "binderhub"))
        assert await status("our-hub", "/versions", wanted=200) == 200


async def test_a_cluster_that_was_stopped_runs_its_pods_when_it_starts_again(
    installation: Installation,
) -> None:
    before = {pod["metadata"]["uid"] for pod in (await pods(installation)).values()}
    await installation.cluster.stop()
    await installation.cluster.start()
    again = await pods(installation)
    assert {pod["status"]["phase"] for pod in again.values()} == {"Running"}
    assert not {pod["metadata"]["uid"] for pod in again.values()} & before
    leases = await installation.get("/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases")
    owners = {owner["uid"] for lease in leases["items"] for owner in lease["metadata"]["ownerReferences"]}
    nodes = (await installation.get("/api/v1/nodes"))["items"]
    assert owners == {node["metadata"]["uid"] for node in nodes}


def sessions_like(placeholder: dict[str, Any], count: int) -> dict[str, Any]:
    """Return a Deployment of sessions, which KubeSpawner places as the chart places what stands for them."""
    labels = {"component": "singleuser-server"}
    reserved = Session.of("2G", 1.0).reserved
    template = {**placeholder["spec"]["template"], "metadata": {"labels": labels}}
    requests = {"cpu": f"{reserved.millicores}m", "memory": f"{reserved.mebibytes}Mi"}
    spec = {**template["spec"], "priorityClassName": "our-hub-default-priority"}
    spec["containers"] = [{**spec["containers"][0], "resources": {"requests": requests}}]
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "sessions", "namespace": "our-hub"},
        "spec": {
            "replicas": count,
            "selector": {"matchLabels": labels},
            "template": {**template, "spec": spec},
        },
    }


async def places(installation: Installation, component: str) -> list[str | None]:
    """Return the node of each pod of a component, None for one without."""
    items = (await installation.get("/api/v1/NAMESPACE/pods"))["items"]
    return [
        pod["spec"].get("nodeName") for pod in items if pod["metadata"]["labels"]["component"] == component
    ]


# The last test, because the cluster stays full.
async def test_as_many_sessions_fit_as_the_hub_lets_in_and_one_more_does_not(
    installation: Installation,
) -> None:
    promised = sessions_of(hub_settings())
    assert values_of().public["config"]["LaunchQuota"]["total_quota"] == promised
    placeholder = await installation.get("/apis/apps/v1/NAMESPACE/statefulsets/user-placeholder")
    path = "/apis/apps/v1/namespaces/our-hub/deployments"
    created = await installation.cluster.api.post(path, json=sessions_like(placeholder, promised + 1))
    assert created.is_success, created.text
    for _ in range(PATIENCE_SECONDS):
        taken = await places(installation, "singleuser-server")
        builders = await places(installation, "image-builder")
        if sum(map(bool, taken)) >= promised and all(builders):
            break
        await asyncio.sleep(1)
    assert len(set(filter(None, builders))) == hub_settings().aks_node_count_max
    assert sorted(map(bool, taken)) == [False] + [True] * promised
