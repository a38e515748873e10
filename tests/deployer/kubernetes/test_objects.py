"""Objects that a deployment makes sure of in a cluster that makes objects too: on a real control plane."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from kr8s.asyncio.objects import ServiceAccount

from deployer.kubernetes.cluster import ClusterAccess
from deployer.kubernetes.objects import ensure_object
from sandbox.clock import Clock
from sandbox.clusters.clusters import Clusters
from sandbox.clusters.programs import locate
from sandbox.clusters.spec import ClusterSpec, NodePool
from sandbox.network.authority import CertificateAuthority
from sandbox.network.hosts import Hosts

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from kr8s.asyncio import Api

pytestmark = pytest.mark.filterwarnings("ignore:Kubernetes version .* is not supported:UserWarning")

POOL = NodePool("system", "System", "Standard_D2s_v5", 1, 1, 1, autoscaling=False, labels={}, taints=())
SPEC = ClusterSpec("objects", "objects-dns.hcp.westeurope.azmk8s.io", "westeurope", "1.36.3", (POOL,))
AT_ONCE = 8
# The first round opens the connections: from then on the requests really are at the same time.
ROUNDS = ("opening", "raced", "raced-again", "raced-once-more")


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
        config = yaml.safe_load(cluster.kubeconfig())
        config["clusters"][0]["cluster"]["server"] = str(cluster.api.base_url)
        kubeconfig = folder / "kubeconfig"
        kubeconfig.touch(mode=0o600)
        kubeconfig.write_text(yaml.safe_dump(config))
        connection = await ClusterAccess(kubeconfig).api()
        yield connection
        # kr8s leaves its session open until the process ends.
        if (session := connection._session) is not None:  # noqa: SLF001
            await session.aclose()
    finally:
        await clusters.close()


def account(name: str, **more: Any) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "default"}
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata, **more}


async def test_an_object_that_somebody_else_makes_meanwhile_is_as_wanted(api: Api) -> None:
    for name in ROUNDS:
        accounts = [account(name, automountServiceAccountToken=bool(n % 2)) for n in range(AT_ONCE)]
        assert any(await asyncio.gather(*(ensure_object(api, manifest) for manifest in accounts)))
        wanted = account(name, automountServiceAccountToken=False)
        await ensure_object(api, wanted)
        found = await ServiceAccount.get(name, namespace="default", api=api)
        assert found.raw["automountServiceAccountToken"] is False
        assert not await ensure_object(api, wanted)
