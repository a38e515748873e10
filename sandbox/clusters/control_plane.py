"""Starts and stops the programs of a control plane, with the flags that they need on loopback alone."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass, field
from http import HTTPStatus
from time import monotonic
from typing import TYPE_CHECKING

import httpx

from sandbox.clusters.credentials import ADMINISTRATORS
from sandbox.clusters.kwok import write_stages
from sandbox.ports import free_port
from sandbox.processes import GO_RUNTIME, kill, start

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.clock import Clock
    from sandbox.clusters.credentials import ClusterCredentials
    from sandbox.clusters.egress import EgressProxy
    from sandbox.clusters.programs import Programs

SERVICE_RANGE = "10.0.0.0/16"
POD_RANGE = "10.244.0.0/16"
# Nothing listens there: the API server refuses a loopback address, and there may be no other one.
ADVERTISED_ADDRESS = "172.16.0.4"

START_TIMEOUT_SECONDS = 90.0


class ControlPlaneError(Exception):
    """A control plane did not start."""


@dataclass
class ControlPlane:
    """The control plane of a cluster.

    Attributes:
        folder: for data, configuration and logs.
        programs: the executables.
        credentials: certificates and keys.
        egress: how the API server calls Services and kubelets.
        clock: how long a pod takes to start.
        api_port: port of the API server.
        kubelet_port: port of kwok, which plays all kubelets.

    """

    folder: Path
    programs: Programs
    credentials: ClusterCredentials
    egress: EgressProxy
    clock: Clock
    api_port: int = field(default_factory=free_port)
    kubelet_port: int = field(default_factory=free_port)
    _etcd_port: int = field(default_factory=free_port)
    _processes: list[asyncio.subprocess.Process] = field(default_factory=list)

    @property
    def server(self) -> str:
        """The address of the API on this machine."""
        return f"https://127.0.0.1:{self.api_port}"

    async def start(self, api: httpx.AsyncClient) -> None:
        """Start all programs and wait until the API is ready.

        Raises:
            ControlPlaneError: it did not become ready.

        """
        await self.egress.start()
        await self._start_etcd()
        await self._start_apiserver()
        await self._await_ready(api)
        await asyncio.gather(self._start_controller_manager(), self._start_scheduler(), self._start_kwok())

    async def stop_controllers(self) -> None:
        """Kill all programs but etcd and the API server, which were started first."""
        controllers, self._processes = self._processes[2:], self._processes[:2]
        await asyncio.gather(*map(kill, controllers))

    async def stop(self) -> None:
        """Kill all programs; the data of etcd stays."""
        processes, self._processes = self._processes, []
        await asyncio.gather(*map(kill, processes))
        await self.egress.close()

    async def run(self, program: Path, *arguments: str) -> asyncio.subprocess.Process:
        """Start a program that is stopped with the control plane."""
        log = self.folder / "logs" / f"{program.name}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        process = await start(program, *arguments, log=log, environment={**os.environ, **GO_RUNTIME})
        self._processes.append(process)
        return process

    async def _start_etcd(self) -> None:
        clients, peers = f"http://127.0.0.1:{self._etcd_port}", f"http://127.0.0.1:{free_port()}"
        await self.run(
            self.programs.etcd,
            f"--data-dir={self.folder / 'etcd'}",
            f"--listen-client-urls={clients}",
            f"--advertise-client-urls={clients}",
            f"--listen-peer-urls={peers}",
            "--unsafe-no-fsync",
            "--log-level=warn",
        )

    async def _start_apiserver(self) -> None:
        credentials = self.credentials
        selector = self.folder / "egress.yaml"
        selector.write_text(self.egress.configuration(), encoding="utf-8")
        kubelet_certificate, kubelet_key = credentials.write_client("kube-apiserver-kubelet", ADMINISTRATORS)
        await self.run(
            self.programs.apiserver,
            f"--etcd-servers=http://127.0.0.1:{self._etcd_port}",
            "--bind-address=127.0.0.1",
            f"--secure-port={self.api_port}",
            f"--advertise-address={ADVERTISED_ADDRESS}",
            "--endpoint-reconciler-type=none",
            f"--tls-cert-file={credentials.certificate}",
            f"--tls-private-key-file={credentials.key}",
            f"--client-ca-file={credentials.client_ca}",
            f"--kubelet-client-certificate={kubelet_certificate}",
            f"--kubelet-client-key={kubelet_key}",
            "--authorization-mode=Node,RBAC",
            f"--service-account-issuer={self.server}",
            f"--service-account-key-file={credentials.service_account_key}",
            f"--service-account-signing-key-file={credentials.service_account_key}",
            f"--service-cluster-ip-range={SERVICE_RANGE}",
            "--allow-privileged",
            f"--egress-selector-config-file={selector}",
            "--v=0",
        )

    async def _start_controller_manager(self) -> None:
        # As an administrator: with an account for each of its forty controllers, which need less, a cluster
        # takes a fifth more of the processor to start.
        await self.run(
            self.programs.controller_manager,
            f"--kubeconfig={self._kubeconfig('system:kube-controller-manager', ADMINISTRATORS)}",
            f"--service-account-private-key-file={self.credentials.service_account_key}",
            f"--root-ca-file={self.credentials.server_ca}",
            "--leader-elect=false",
            # These need routes and a cloud provider; load balancers are a controller of the sandbox.
            "--controllers=*,-nodeipam,-node-route-controller,-service-lb-controller",
            "--secure-port=0",
        )

    async def _start_scheduler(self) -> None:
        await self.run(
            self.programs.scheduler,
            f"--kubeconfig={self._kubeconfig('system:kube-scheduler')}",
            "--leader-elect=false",
            "--secure-port=0",
        )

    async def _start_kwok(self) -> None:
        stages = write_stages(self.folder, self.clock)
        await self.run(
            self.programs.kwok,
            f"--kubeconfig={self._kubeconfig('kwok', ADMINISTRATORS)}",
            f"--config={stages}",
            "--manage-all-nodes=true",
            "--node-ip=127.0.0.1",
            f"--node-port={self.kubelet_port}",
            f"--server-address=127.0.0.1:{self.kubelet_port}",
            f"--cidr={POD_RANGE}",
            "--node-lease-duration-seconds=40",
        )

    def _kubeconfig(self, user: str, group: str = "") -> Path:
        return self.credentials.write_kubeconfig(user, group or user, self.server)

    async def _await_ready(self, api: httpx.AsyncClient) -> None:
        started = monotonic()
        while not await _is_ready(api):
            ended = next((process for process in self._processes if process.returncode is not None), None)
            if ended is not None or monotonic() - started > START_TIMEOUT_SECONDS:
                raise ControlPlaneError(
                    f"The control plane did not become ready; see {self.folder / 'logs'}."
                )
            await asyncio.sleep(0.1)


async def _is_ready(api: httpx.AsyncClient) -> bool:
    try:
        return (await api.get("/readyz")).status_code == HTTPStatus.OK
    except httpx.TransportError:
        return False
