"""A cluster on a network of its own, as its users reach it: through a proxy that can inject faults."""

from __future__ import annotations

import asyncio
import os
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from kr8s.asyncio import Api
from kr8s.asyncio.objects import Namespace

from deployer.helm.binary import find_helm
from deployer.kubernetes.kubeconfig import with_files
from sandbox.clusters.spec import ClusterSpec
from sandbox.network.authority import CertificateAuthority
from sandbox.network.environment import network_environment
from sandbox.network.faults import Faults
from sandbox.network.hosts import Hosts
from sandbox.network.listener import Dispatcher, Listener
from sandbox.network.proxy import Proxy
from tests.own_clusters import clusters_in

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

FQDN = "faulty-dns.hcp.westeurope.azmk8s.io"


@dataclass(frozen=True)
class Reached:
    """A cluster as its users reach it, through the proxy."""

    kubeconfig: Path
    faults: Faults
    hosts: Hosts
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
            # Two first requests at the same time would open two sessions, and one would stay open.
            await api.version()
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


@asynccontextmanager
async def reached_cluster(folder: Path) -> AsyncIterator[Reached]:
    """Run a cluster without nodes, and lead all clients of this process to it."""
    if find_helm() is None:
        pytest.skip("helm is not here (`make test` fetches it)")
    authority, hosts, faults = CertificateAuthority(folder), Hosts(), Faults()
    record = folder / "requests.jsonl"
    async with AsyncExitStack() as stack:
        ports = []
        for contexts in (authority, None):
            listener = Listener(Dispatcher(hosts, record, lambda _: None, faults), contexts)
            ports.append(await listener.start())
            stack.push_async_callback(listener.close)
        proxy = Proxy(hosts, tls_port=ports[0], http_port=ports[1], faults=faults)
        address = f"http://127.0.0.1:{await proxy.start()}"
        stack.push_async_callback(proxy.close)
        clusters = await stack.enter_async_context(clusters_in(folder, authority, hosts))
        cluster = await clusters.create(ClusterSpec("faulty", FQDN, "westeurope", "1.36.3", ()))
        kubeconfig = folder / "kubeconfig"
        kubeconfig.write_bytes(with_files(cluster.kubeconfig().encode(), folder))
        with pytest.MonkeyPatch.context() as patch:
            for name, value in network_environment(address, authority.ca_file).items():
                patch.setenv(name, value)
            yield Reached(kubeconfig, faults, hosts, network_environment(address, authority.ca_file), record)
