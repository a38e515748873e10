"""The API of a cluster fails as the script of faults says; without a fault its TLS is its own."""

from __future__ import annotations

import asyncio
import os
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx
import kr8s
import pytest
import pytest_asyncio
from kr8s.asyncio import Api
from kr8s.asyncio.objects import Namespace

from deployer.helm.binary import find_helm
from sandbox.clock import Clock
from sandbox.clusters.clusters import Clusters
from sandbox.clusters.programs import locate
from sandbox.clusters.spec import ClusterSpec
from sandbox.network.authority import CertificateAuthority
from sandbox.network.environment import network_environment
from sandbox.network.faults import Fault, FaultKind, Faults
from sandbox.network.hosts import Hosts
from sandbox.network.listener import Dispatcher, Listener
from sandbox.network.proxy import Proxy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


FQDN = "faulty-dns.hcp.westeurope.azmk8s.io"

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass(frozen=True)
class Reached:
    """A cluster as its users reach it, through the proxy."""

    kubeconfig: Path
    faults: Faults
    environment: dict[str, str]
    record: Path

    async def namespaces(self) -> list[str]:
        """List the namespaces with kr8s, over connections of its own."""
        async with self.api() as api:
            found = [each async for each in api.get(Namespace)]
        return [each.name for each in found if isinstance(each, Namespace)]

    @asynccontextmanager
    async def api(self) -> AsyncIterator[Api]:
        """Connect with kr8s, which leaves its session open by itself."""
        # An Api of the same arguments would be the one from before, with its connections.
        api = await Api(kubeconfig=str(self.kubeconfig), bypass_factory=True)
        try:
            yield api
        finally:
            if (session := api._session) is not None:  # noqa: SLF001
                await session.aclose()

    async def helm(self, *arguments: str) -> tuple[int, str]:
        """Run helm; return its status and what it says."""
        helm = find_helm()
        assert helm is not None
        process = await asyncio.create_subprocess_exec(
            helm,
            *arguments,
            *("--kubeconfig", str(self.kubeconfig)),
            env={**os.environ, **self.environment},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await process.communicate()
        return process.returncode or 0, output.decode()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def reached(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Reached]:
    programs = locate()
    if programs is None or find_helm() is None:
        pytest.skip("the control plane's programs or helm are not here (`make test` gets them)")
    folder = tmp_path_factory.mktemp("cluster-faults")
    authority, hosts, faults = CertificateAuthority(folder), Hosts(), Faults()
    record = folder / "requests.jsonl"
    async with AsyncExitStack() as stack:
        listener = Listener(Dispatcher(hosts, record, lambda _: None, faults), authority)
        port = await listener.start()
        stack.push_async_callback(listener.close)
        proxy = Proxy(hosts, tls_port=port, http_port=port, faults=faults)
        address = f"http://127.0.0.1:{await proxy.start()}"
        stack.push_async_callback(proxy.close)
        clusters = Clusters(
            state_dir=folder, programs=programs, authority=authority, hosts=hosts, clock=Clock(0.01)
        )
        stack.push_async_callback(clusters.close)
        cluster = await clusters.create(ClusterSpec("faulty", FQDN, "westeurope", "1.36.3", ()))
        kubeconfig = folder / "kubeconfig"
        kubeconfig.write_text(cluster.kubeconfig())
        with pytest.MonkeyPatch.context() as patch:
            for name, value in network_environment(address, authority.ca_file).items():
                patch.setenv(name, value)
            yield Reached(kubeconfig, faults, network_environment(address, authority.ca_file), record)


@pytest.fixture(autouse=True)
def _no_faults_left(reached: Reached) -> None:
    reached.faults.clear()


async def test_without_a_fault_the_tls_of_the_cluster_is_its_own(reached: Reached) -> None:
    assert "default" in await reached.namespaces()
    assert not reached.record.exists()


async def test_kr8s_meets_a_status_of_the_api(reached: Reached) -> None:
    fault = reached.faults.add(Fault(FaultKind.STATUS, FQDN, path="/api/v1/namespaces", status=500))
    with pytest.raises(kr8s.ServerError):
        await reached.namespaces()
    assert len(fault.fired) == 1
    assert "default" in await reached.namespaces()


async def test_kr8s_meets_a_reset_of_the_api(reached: Reached) -> None:
    fault = reached.faults.add(Fault(FaultKind.RESET_BEFORE, FQDN, path="/api/v1/namespaces"))
    with pytest.raises(httpx.ReadError):
        await reached.namespaces()
    assert len(fault.fired) == 1


async def test_the_api_acts_before_a_reset_after_it(reached: Reached) -> None:
    reached.faults.add(Fault(FaultKind.RESET_AFTER, FQDN, method="POST"))
    async with reached.api() as api:
        with pytest.raises(httpx.ReadError):
            await (await Namespace("made-before-the-reset", api=api)).create()
    assert "made-before-the-reset" in await reached.namespaces()


async def test_helm_meets_a_truncated_answer(reached: Reached) -> None:
    fault = reached.faults.add(Fault(FaultKind.TRUNCATED, FQDN, path="/secrets", times=None))
    status, words = await reached.helm("list", "--all-namespaces")
    assert status != 0
    assert "unexpected EOF" in words
    assert len(fault.fired) >= 1


async def test_helm_works_through_the_proxy_that_plays_faults(reached: Reached) -> None:
    reached.faults.add(Fault(FaultKind.STATUS, FQDN, path="/never-asked-for"))
    status, words = await reached.helm("list", "--all-namespaces")
    assert status == 0, words
    assert FQDN in reached.record.read_text()
