"""The runtime of container groups: the deployer's image, played by this checkout's own entrypoint.

A container gets exactly its group's variables, and what every machine here needs to reach the sandbox.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.processes import start

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import Mapping

    from sandbox.azure.resource_manager.core.backends import ContainerSpec

RUNNING, TERMINATED = "Running", "Terminated"
ENTRYPOINT = "entrypoint.py"
# What a container has between being asked to end and being ended (Azure Container Instances: 30 seconds).
GRACE_SECONDS = 30.0


@dataclass
class Container:
    """A group's container.

    Attributes:
        spec: what it runs.
        log: file with what it wrote.
        state: Running or Terminated.
        exit_code: of the last run, once terminated.
        restart_count: how often its restart policy started it again.
        started: when its process was last started.
        finished: when that process ended.

    """

    spec: ContainerSpec
    log: Path
    state: str = RUNNING
    exit_code: int | None = None
    restart_count: int = 0
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    finished: datetime | None = None
    process: Process | None = field(default=None, repr=False)
    task: asyncio.Task[None] | None = field(default=None, repr=False)


class Containers:
    """All containers.

    Args:
        checkout: where the entrypoint is.
        folder: for logs and home directories.
        network_environment: what leads clients to the sandbox; read when a container starts.

    """

    def __init__(self, *, checkout: Path, folder: Path, network_environment: Mapping[str, str]) -> None:
        self._checkout = checkout
        self._folder = folder
        self._network_environment = network_environment
        self._containers: dict[str, Container] = {}

    async def start(self, group_id: str, spec: ContainerSpec) -> None:
        """Start a group's container; returns as soon as it runs."""
        self._folder.mkdir(parents=True, exist_ok=True)
        log = self._folder / f"{group_id.rsplit('/', 1)[-1]}.log"
        container = Container(spec, log)
        self._containers[group_id.lower()] = container
        container.process = await self._start_process(container)
        container.task = asyncio.create_task(self._attend(container))

    def state(self, group_id: str) -> Container | None:
        """Return how a group's container is doing, None for an unknown group."""
        return self._containers.get(group_id.lower())

    async def stop(self, group_id: str) -> None:
        """Ask a group's container to end, and end it when it does not."""
        container = self._containers.get(group_id.lower())
        if container is None or container.process is None or container.state == TERMINATED:
            return
        if container.task is not None:
            container.task.cancel()
        with suppress(ProcessLookupError):
            container.process.terminate()
            try:
                await asyncio.wait_for(container.process.wait(), GRACE_SECONDS)
            except TimeoutError:
                container.process.kill()
        _end(container, await container.process.wait())

    def log(self, group_id: str) -> str:
        """Return what a group's container wrote so far."""
        container = self._containers.get(group_id.lower())
        if container is None or not container.log.is_file():
            return ""
        return container.log.read_text(encoding="utf-8", errors="replace")

    async def close(self) -> None:
        """End all containers at once."""
        for container in self._containers.values():
            if container.task is not None:
                container.task.cancel()
            if container.process is not None and container.process.returncode is None:
                with suppress(ProcessLookupError):
                    container.process.kill()
                await container.process.wait()

    async def _attend(self, container: Container) -> None:
        """Wait for a container's end, and start it again as its restart policy says."""
        while container.process is not None:
            exit_code = await container.process.wait()
            policy = container.spec.restart_policy
            if policy == "Never" or (policy == "OnFailure" and exit_code == 0):
                _end(container, exit_code)
                return
            container.restart_count += 1
            container.started = datetime.now(UTC)
            container.process = await self._start_process(container)

    async def _start_process(self, container: Container) -> Process:
        home = Path(tempfile.mkdtemp(prefix="home-", dir=self._folder))
        command = container.spec.command or (sys.executable, ENTRYPOINT)
        program = shutil.which(command[0]) or command[0]
        environment = {
            "PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(home),
            **self._network_environment,
            **container.spec.environment,
        }
        return await start(
            Path(program), *command[1:], log=container.log, environment=environment, cwd=self._checkout
        )


def _end(container: Container, exit_code: int) -> None:
    container.state, container.exit_code, container.finished = TERMINATED, exit_code, datetime.now(UTC)
