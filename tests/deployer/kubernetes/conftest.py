"""A control plane for the tests of the cluster's API, each of which leaves it as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from deployer.helm.binary import find_helm
from deployer.helm.client import Helm
from deployer.kubernetes.cluster import ClusterAccess
from sandbox.clusters.spec import ClusterSpec, NodePool
from tests.own_clusters import clusters_in, kubeconfig_by_address

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from kr8s.asyncio import Api

POOL = NodePool("system", "System", "Standard_D2s_v5", 1, 1, 1, autoscaling=False, labels={}, taints=())
SPEC = ClusterSpec("objects", "objects-dns.hcp.westeurope.azmk8s.io", "westeurope", "1.36.3", (POOL,))


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def access(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ClusterAccess]:
    """Reach the cluster as a deployment does, but by an address: its host name needs a sandbox."""
    folder = tmp_path_factory.mktemp("objects")
    async with clusters_in(folder) as clusters:
        cluster = await clusters.create(SPEC)
        yield ClusterAccess(kubeconfig_by_address(cluster, folder))


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def api(access: ClusterAccess) -> AsyncIterator[Api]:
    """Connect to the cluster."""
    connection = await access.api()
    yield connection
    # kr8s leaves its session open until the process ends.
    if (session := connection._session) is not None:  # noqa: SLF001
        await session.aclose()


@pytest.fixture
def helm(access: ClusterAccess) -> Helm:
    """Use the helm program on this cluster."""
    program = find_helm()
    if program is None:
        pytest.skip("helm is not here (`make test` fetches it)")
    return Helm(program, access.kubeconfig)
