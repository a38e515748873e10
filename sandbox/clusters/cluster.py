"""Composes a cluster: its control plane, its nodes, and the controllers that play Azure in it."""

from __future__ import annotations

import asyncio
import shutil
import ssl
from dataclasses import replace
from typing import TYPE_CHECKING

import httpx

from sandbox.clusters.api_access import ApiAccess
from sandbox.clusters.control_plane import ControlPlane
from sandbox.clusters.credentials import ADMINISTRATORS, ClusterCredentials, KubeconfigNames
from sandbox.clusters.egress import EgressProxy
from sandbox.clusters.kubernetes_api import list_objects
from sandbox.clusters.workloads.admissions_enforcer import enforce_admissions
from sandbox.clusters.workloads.aks_pods import install_aks_pods
from sandbox.clusters.workloads.autoscaler import autoscale
from sandbox.clusters.workloads.disks import provision_disks
from sandbox.clusters.workloads.load_balancers import LoadBalancers
from sandbox.clusters.workloads.nodes import Nodes
from sandbox.clusters.workloads.pod_programs import PodPrograms
from sandbox.clusters.workloads.user_schedulers import run_user_schedulers
from sandbox.network.forwarder import Forwarder

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping, Sequence
    from pathlib import Path

    from sandbox.clock import Clock
    from sandbox.clusters.cloud import Cloud
    from sandbox.clusters.programs import HttpsPrograms, Programs
    from sandbox.clusters.spec import ClusterSpec, NodePool
    from sandbox.clusters.workloads.dns_labels import DnsLabels
    from sandbox.network.authority import CertificateAuthority
    from sandbox.network.hosts import Hosts

ADMINISTRATOR = "clusterAdmin"
HTTPS_PORT = 443
# Each watch keeps a connection, which counts towards those that httpx keeps alive: with its default of 20
# none would be left for other requests, and each of them would need a handshake.
CONNECTIONS = httpx.Limits(max_connections=None, max_keepalive_connections=100)


class Cluster:
    """A running cluster.

    Args:
        spec: its specification.
        folder: for data, configuration and logs.
        programs: the executables of a control plane.
        authority: signs the certificate of the API.
        hosts: where the host name of the API is served.
        clock: how long Azure takes.
        cloud: where addresses and disks are created.
        labels: the DNS labels of all clusters.
        https_programs: run in place of their pods; None for none.
        pod_environment: returns the variables of the network of the cluster's pods.
        on_delete: called when the cluster is deleted.

    Attributes:
        spec: its specification, with its present node pools.
        api: client of the cluster's API.

    """

    def __init__(  # noqa: PLR0913 - the parts of the sandbox that it uses
        self,
        spec: ClusterSpec,
        *,
        folder: Path,
        programs: Programs,
        authority: CertificateAuthority,
        hosts: Hosts,
        clock: Clock,
        cloud: Cloud,
        labels: DnsLabels,
        https_programs: HttpsPrograms | None,
        pod_environment: Callable[[], Mapping[str, str]],
        on_delete: Callable[[], object],
    ) -> None:
        self.spec = spec
        self._folder = folder
        self._programs = programs
        self._hosts = hosts
        self._clock = clock
        self._cloud = cloud
        self._labels = labels
        self._https_programs = https_programs
        self._pod_environment = pod_environment
        self._on_delete = on_delete
        self._credentials = ClusterCredentials(folder / "credentials", authority, spec.fqdn)
        self._kubeconfigs: dict[str, str] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._pod_programs: PodPrograms | None = None
        self._access = ApiAccess(clock)
        self._plane = self._new_plane()
        self.api = self._new_client()

    def authorise(self, ranges: Sequence[str], *, at_once: bool = False) -> None:
        """Let the API answer these address ranges alone, or everybody; see `ApiAccess`."""
        self._access.set(ranges, at_once=at_once)

    def kubeconfig(self, kind: str = "clusterUser") -> str:
        """Return a kubeconfig as Azure names its parts, with the client certificate of an administrator.

        It is the same each time: Azure issues another certificate only when it rotates those of the cluster.

        Args:
            kind: "clusterUser" or "clusterAdmin"; without Entra both may do everything.

        """
        if kind not in self._kubeconfigs:
            self._kubeconfigs[kind] = self._new_kubeconfig(kind)
        return self._kubeconfigs[kind]

    def _new_kubeconfig(self, kind: str) -> str:
        suffix = "-admin" if kind == ADMINISTRATOR else ""
        names = KubeconfigNames(
            cluster=self.spec.name,
            user=f"{kind}_{self.spec.group}_{self.spec.name}",
            context=f"{self.spec.name}{suffix}",
        )
        server = f"https://{self.spec.fqdn}:{HTTPS_PORT}"
        return self._credentials.kubeconfig(ADMINISTRATOR, ADMINISTRATORS, server, names)

    async def start(self) -> None:
        """Start the control plane, the nodes and the controllers; return when the API answers."""
        await self._plane.start(self.api)
        self._hosts.pass_through(
            self.spec.fqdn, self._plane.api_port, Forwarder(self.api), self._access.admits
        )
        await install_aks_pods(self.api)
        nodes = Nodes(self.api, self.spec, self._cloud)
        await nodes.set_pools(self.spec.pools)
        balancers = LoadBalancers(self.api, self._clock, self._cloud, self.spec, self._labels)
        self._spawn(
            balancers.run(),
            provision_disks(self.api, self._clock, self._cloud),
            autoscale(self.api, self._clock, nodes, lambda: self.spec.pools),
            run_user_schedulers(self.api, self._plane),
            enforce_admissions(self.api),
        )
        if self._https_programs is not None:
            self._pod_programs = PodPrograms(
                self.api, self._plane, self._https_programs, self._pod_environment, self._clock
            )
            self._spawn(self._pod_programs.run())

    def program_port(self, namespace: str, selector: Mapping[str, str], port: int | str) -> int | None:
        """Return the local port of the program behind a Service, None where no program runs for its pods.

        Args:
            namespace: of the Service.
            selector: of the Service.
            port: number or name of the container's port.

        """
        return self._pod_programs.port(namespace, selector, port) if self._pod_programs else None

    async def set_pools(self, pools: tuple[NodePool, ...]) -> None:
        """Add and remove nodes until the cluster has these node pools only."""
        self.spec = replace(self.spec, pools=pools)
        await Nodes(self.api, self.spec, self._cloud).set_pools(pools)

    async def stop(self) -> None:
        """Stop the control plane and remove all nodes; the data of etcd stays.

        Controllers and scheduler end first: a pod that they moved to a node which goes next would be started
        there without an address.
        """
        await self._end_tasks()
        await self._plane.stop_controllers()
        await Nodes(self.api, self.spec).set_pools(())
        await self._halt()
        self._plane = self._new_plane()
        self.api = self._new_client()

    async def delete(self) -> None:
        """Stop the cluster and delete its data."""
        self._on_delete()
        self._labels.release_cluster(self.spec.fqdn)
        await self._halt()
        await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)

    async def _halt(self) -> None:
        self._hosts.forget(self.spec.fqdn)
        await self._end_tasks()
        await self.api.aclose()
        await self._plane.stop()

    async def _end_tasks(self) -> None:
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _new_plane(self) -> ControlPlane:
        socket = self._folder / "egress.sock"
        return ControlPlane(
            self._folder,
            self._programs,
            self._credentials,
            EgressProxy(socket, self._resolve),
            self._clock,
        )

    def _new_client(self) -> httpx.AsyncClient:
        context = ssl.create_default_context(cafile=str(self._credentials.server_ca))
        context.load_cert_chain(*self._credentials.write_client("sandbox", ADMINISTRATORS))
        # trust_env=False: a proxy in the environment must not be used for an API on this machine.
        return httpx.AsyncClient(
            base_url=self._plane.server, verify=context, trust_env=False, timeout=30, limits=CONNECTIONS
        )

    async def _resolve(self, address: str, port: int) -> int | None:
        """Return the local port that plays an address of the cluster, None for no port."""
        if port == self._plane.kubelet_port:
            return self._plane.kubelet_port
        for service in await list_objects(self.api, "/api/v1/services"):
            spec = service["spec"]
            if address == spec.get("clusterIP"):
                target = next(each.get("targetPort", port) for each in spec["ports"] if each["port"] == port)
                namespace = service["metadata"]["namespace"]
                return self.program_port(namespace, spec.get("selector") or {}, target)
        return None

    def _spawn(self, *works: Coroutine[None, None, None]) -> None:
        for work in works:
            task = asyncio.create_task(work)
            task.add_done_callback(_log_crash)
            self._tasks.append(task)


def _log_crash(task: asyncio.Task[None]) -> None:
    """Log the exception of a controller, without which the cluster would only seem to hang."""
    if not task.cancelled() and (error := task.exception()) is not None:
        task.get_loop().call_exception_handler({"message": "a controller crashed", "exception": error})
