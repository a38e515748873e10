"""A cluster of the default sizes with a release of our chart in it."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from deployer.azure.managed_cluster import ClusterWish, system_pool, user_pool
from deployer.helm.binary import find_helm
from deployer.kubernetes.manifests import render_namespace, render_storage_class
from sandbox.clusters.spec import ClusterSpec, NodePool
from sandbox.internet.charts.packages import OWN_CHARTS
from tests.deployer.hubs import hub_settings, names_of, values_of
from tests.own_clusters import clusters_in, kubeconfig_by_address

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from sandbox.clusters.cluster import Cluster
    from sandbox.clusters.clusters import Clusters

PATHS = {
    "StorageClass": "/apis/storage.k8s.io/v1/storageclasses",
    "Namespace": "/api/v1/namespaces",
    "ServiceAccount": "/api/v1/namespaces/our-hub/serviceaccounts",
    "LimitRange": "/api/v1/namespaces/our-hub/limitranges",
    "NetworkPolicy": "/apis/networking.k8s.io/v1/namespaces/our-hub/networkpolicies",
}
CONFLICT = 409


@dataclass(frozen=True)
class Installation:
    """A release in a cluster."""

    clusters: Clusters
    cluster: Cluster
    kubeconfig: Path

    async def helm(self, *arguments: str) -> None:
        """Run helm with the rendered values; it has to succeed."""
        helm = find_helm()
        assert helm is not None
        common = ("--namespace", "our-hub", "--kubeconfig", str(self.kubeconfig), "--values", "-", "--wait")
        process = await asyncio.create_subprocess_exec(
            helm,
            *arguments,
            *common,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await process.communicate(json.dumps(values_of().merged()).encode())
        assert process.returncode == 0, output.decode()

    async def get(self, path: str) -> dict[str, Any]:
        """Return an object or a list of the release's namespace."""
        answer = await self.cluster.api.get(path.replace("NAMESPACE", "namespaces/our-hub"))
        return dict(answer.raise_for_status().json())

    async def apply(self, manifest: dict[str, Any]) -> None:
        """Create an object, judged as strictly as the API server can."""
        path = PATHS[manifest["kind"]]
        answer = await self.cluster.api.post(f"{path}?fieldValidation=Strict", json=manifest)
        assert answer.is_success or answer.status_code == CONFLICT, answer.text


@asynccontextmanager
async def installed(folder: Path) -> AsyncIterator[Installation]:
    """Run a cluster, and install the release; skip the test where the programs for that are not here."""
    if find_helm() is None:
        pytest.skip("helm is not here (`make test` fetches it)")
    async with clusters_in(folder) as clusters:
        cluster = await clusters.create(_default_cluster())
        installation = Installation(clusters, cluster, kubeconfig_by_address(cluster, folder))
        for manifest in (*render_namespace(hub_settings(), names_of()), render_storage_class(names_of())):
            await installation.apply(manifest)
        await installation.helm("install", "our-hub", str(OWN_CHARTS / "binderhub"))
        yield installation


def _default_cluster() -> ClusterSpec:
    wish = ClusterWish(hub_settings(), names_of())
    pools = (_pool(system_pool(wish)), _pool(user_pool(wish)))
    return ClusterSpec("our-hub", "our-hub-dns.hcp.westeurope.azmk8s.io", "westeurope", "1.36.3", pools)


def _pool(asked: dict[str, Any]) -> NodePool:
    return NodePool(
        name=asked["name"],
        mode=asked["mode"],
        vm_size=asked["vmSize"],
        count=asked["count"],
        min_count=asked.get("minCount", 0),
        max_count=asked.get("maxCount", 0),
        autoscaling=asked["enableAutoScaling"],
        labels=asked["nodeLabels"],
        taints=tuple(asked.get("nodeTaints", ())),
    )
