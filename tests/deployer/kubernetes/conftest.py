"""A control plane of its own for each test of the cluster's API."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from deployer.kubernetes.cluster import ClusterAccess
from sandbox.clock import Clock
from sandbox.clusters.clusters import Clusters
from sandbox.clusters.programs import locate
from sandbox.clusters.spec import ClusterSpec, NodePool
from sandbox.network.authority import CertificateAuthority
from sandbox.network.hosts import Hosts
from tests.kubeconfigs import kubeconfig_by_address

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from kr8s.asyncio import Api

POOL = NodePool("system", "System", "Standard_D2s_v5", 1, 1, 1, autoscaling=False, labels={}, taints=())
SPEC = ClusterSpec("objects", "objects-dns.hcp.westeurope.azmk8s.io", "westeurope", "1.36.3", (POOL,))


@pytest.fixture
async def api(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Api]:
    """Connect as a deployment does, but by an address: the host name leads nowhere without a sandbox."""
    programs = locate()
    if programs is None:
        pytest.skip("the control plane's programs are not here (`make test` gets them)")
    folder = tmp_path_factory.mktemp("objects")
    clusters = Clusters(
        state_dir=folder,
        programs=programs,
        authority=CertificateAuthority(folder),
        hosts=Hosts(),
        clock=Clock(0.01),
    )
    try:
        cluster = await clusters.create(SPEC)
        connection = await ClusterAccess(kubeconfig_by_address(cluster, folder)).api()
        yield connection
        # kr8s leaves its session open until the process ends.
        if (session := connection._session) is not None:  # noqa: SLF001
            await session.aclose()
    finally:
        await clusters.close()
