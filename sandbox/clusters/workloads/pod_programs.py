"""Runs the real programs of some Deployments, each while its Deployment is available.

Nothing is dialled at a pod's address: a program listens on loopback, and its HTTP clients use the proxy of
the pods' network. To the API server it is the pod's service account.
"""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.clusters.kubernetes_api import watch
from sandbox.clusters.workloads.mounted_files import mounted_config_maps, write_config_maps
from sandbox.ports import free_port
from sandbox.processes import GO_RUNTIME, kill, start

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    import httpx

    from sandbox.clock import Clock
    from sandbox.clusters.control_plane import ControlPlane
    from sandbox.clusters.kubernetes_api import Object, Snapshot
    from sandbox.clusters.programs import HttpsPrograms

    Environment = Callable[[], Mapping[str, str]]

DEPLOYMENTS = "/apis/apps/v1/deployments"
SERVICE_ACCOUNTS = "system:serviceaccounts"
RESTART_SECONDS = 1.0
LEAST_RETRY_SECONDS = 1.0
CERT_MANAGER_IMAGE = re.compile(r".*/cert-manager-(controller|webhook|cainjector):.*")
TRAEFIK_IMAGE = re.compile(r"(.*/)?traefik:.*")
_LISTENS = re.compile(r"(--entryPoints\.[^=]+\.address=):(\d+)(/\w+)?", re.IGNORECASE)


@dataclass(frozen=True)
class _Running:
    """A program that runs.

    Attributes:
        namespace: of its Deployment.
        labels: of the Deployment's pods.
        ports: number or name of a container's port -> local port.

    """

    namespace: str
    labels: Mapping[str, str]
    ports: Mapping[int | str, int]


class PodPrograms:
    """The programs of one cluster.

    Args:
        api: client of the cluster's API.
        control_plane: where kubeconfigs and logs are.
        programs: the executables.
        environment: returns the variables of the pods' network.
        clock: how long cert-manager waits between two self-checks.

    """

    def __init__(
        self,
        api: httpx.AsyncClient,
        control_plane: ControlPlane,
        programs: HttpsPrograms,
        environment: Environment,
        clock: Clock,
    ) -> None:
        self._api = api
        self._control_plane = control_plane
        self._programs = programs
        self._environment = environment
        self._clock = clock
        self._running: dict[str, _Running] = {}

    async def run(self) -> None:
        """Run each program for as long as its Deployment is available; new arguments start it again."""
        tasks: dict[str, asyncio.Task[None]] = {}
        async with asyncio.TaskGroup() as group:
            async for deployments in watch(self._api, DEPLOYMENTS):
                available = self._available(deployments)
                for key in tasks.keys() - available.keys():
                    tasks.pop(key).cancel()
                for key in available.keys() - tasks.keys():
                    tasks[key] = group.create_task(self._keep_running(key, available[key]))

    def port(self, namespace: str, selector: Mapping[str, str], port: int | str) -> int | None:
        """Return the local port of the program behind a Service, None if none runs.

        Args:
            namespace: of the Service.
            selector: of the Service.
            port: number or name of the container's port.

        """
        for running in self._running.values():
            if running.namespace == namespace and selector and selector.items() <= running.labels.items():
                return running.ports.get(port)
        return None

    def _available(self, deployments: Snapshot) -> Snapshot:
        """Return the available Deployments whose program is here, by what a new program is needed for."""
        return {
            f"{uid} {json.dumps(deployment['spec']['template'], sort_keys=True)}": deployment
            for uid, deployment in deployments.items()
            if (deployment.get("status") or {}).get("availableReplicas")
            and any(image.fullmatch(_container(deployment)["image"]) for image in _IMAGES)
        }

    async def _keep_running(self, key: str, deployment: Object) -> None:
        metadata, pod = deployment["metadata"], deployment["spec"]["template"]
        ports = _local_ports(_container(deployment))
        account = f"system:serviceaccount:{metadata['namespace']}:{pod['spec']['serviceAccountName']}"
        kubeconfig = self._control_plane.credentials.write_kubeconfig(
            account, SERVICE_ACCOUNTS, self._control_plane.server
        )
        name = f"{metadata['namespace']}-{metadata['name']}"
        mounts = {
            path: (config_map, self._control_plane.folder / "mounts" / name / config_map)
            for path, config_map in mounted_config_maps(pod).items()
        }
        program, arguments = self._command(deployment, ports, kubeconfig)
        for path, (_, folder) in mounts.items():
            arguments = [argument.replace(f"={path}", f"={folder}") for argument in arguments]
        self._running[key] = _Running(metadata["namespace"], pod["metadata"]["labels"], ports)
        written = asyncio.Event()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(
                    write_config_maps(self._api, metadata["namespace"], dict(mounts.values()), written)
                )
                await written.wait()
                while True:
                    await self._run_once(name, program, arguments, kubeconfig)
                    await asyncio.sleep(RESTART_SECONDS)
        finally:
            del self._running[key]

    async def _run_once(self, name: str, program: Path, arguments: Iterable[str], kubeconfig: Path) -> None:
        folder = self._control_plane.folder
        environment = {
            **self._environment(),
            **GO_RUNTIME,
            "KUBECONFIG": str(kubeconfig),
            "HOME": str(folder),
        }
        process = await start(
            program, *arguments, log=folder / "logs" / f"{name}.log", environment=environment, cwd=folder
        )
        try:
            await process.wait()
        finally:
            await kill(process)

    def _command(
        self, deployment: Object, ports: Mapping[int | str, int], kubeconfig: Path
    ) -> tuple[Path, list[str]]:
        """Return a program and its arguments: those of the pod, with what differs on this machine."""
        container = _container(deployment)
        given = [
            argument.replace("$(POD_NAMESPACE)", deployment["metadata"]["namespace"])
            for argument in container.get("args") or ()
        ]
        component = CERT_MANAGER_IMAGE.fullmatch(container["image"])
        if component is None:
            return self._programs.traefik, [_on_loopback(argument, ports) for argument in given]
        own = []
        if component[1] == "controller":
            # Despite its name also the time between two self-checks of HTTP-01.
            period = max(self._clock.seconds("http01.retry"), LEAST_RETRY_SECONDS)
            own = [f"--dns01-check-retry-period={period:.2f}s"]
        if component[1] == "webhook":
            own = [f"--secure-port={ports['https']}"]
        if component[1] != "cainjector":  # which takes it from its environment
            own.append(f"--kubeconfig={kubeconfig}")
        return self._programs.cert_manager, [component[1], *given, *own]


_IMAGES = (CERT_MANAGER_IMAGE, TRAEFIK_IMAGE)


def _container(deployment: Object) -> Object:
    return dict(deployment["spec"]["template"]["spec"]["containers"][0])


def _local_ports(container: Object) -> dict[int | str, int]:
    """Return a free port of this machine for each port of a container, by its number and by its name."""
    local: dict[int | str, int] = {}
    for port in container.get("ports") or ():
        number = port["containerPort"]
        local[port.get("name", number)] = local.setdefault(number, free_port())
    return local


def _on_loopback(argument: str, ports: Mapping[int | str, int]) -> str:
    """Let an entry point of Traefik listen on its local port."""
    listens = _LISTENS.fullmatch(argument)
    if listens is None:
        return argument
    # A port that the container does not declare is reached by nobody.
    local = ports.get(int(listens[2])) or free_port()
    return f"{listens[1]}127.0.0.1:{local}{listens[3] or ''}"
