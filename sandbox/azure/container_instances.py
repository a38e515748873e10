"""The processes of container groups: instead of the deployer's image, the entrypoint of this checkout.

A process gets the variables of its group, and those by which every client reaches the sandbox; no others.
"""

from __future__ import annotations

import asyncio
import os
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


RUNNING, TERMINATED = "Running", "Terminated"
ENTRYPOINT = "entrypoint.py"
# Azure Container Instances waits 30 seconds between SIGTERM and SIGKILL.
GRACE_SECONDS = 30.0


@dataclass(frozen=True)
class ContainerSpec:
    """What a container group runs.

    Attributes:
        name: name of the container.
        image: reference of the image, which is not run.
        command: replaces the command of the image, empty for none.
        environment: all variables, secure ones included.
        restart_policy: "Always", "OnFailure" or "Never".

    """

    name: str
    image: str
    command: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    restart_policy: str = "Always"


@dataclass
class Container:
    """The container of a group.

    Attributes:
        spec: what it runs.
        log: file with its output.
        state: "Running" or "Terminated".
        exit_code: exit status of the last run, once terminated.
        restart_count: how often the restart policy started it again.
        started: when its process was last started.
        finished: when that process ended, once terminated.
        process: its process.
        task: waits for the end of the process.

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
    """The containers of all groups.

    Args:
        checkout: directory with the entrypoint.
        folder: for logs and home directories.
        network_environment: variables by which clients reach the sandbox; read when a container starts.

    """

    def __init__(self, *, checkout: Path, folder: Path, network_environment: Mapping[str, str]) -> None:
        self._checkout = checkout
        self._folder = folder
        self._network_environment = network_environment
        self._containers: dict[str, Container] = {}

    async def start(self, group_id: str, spec: ContainerSpec) -> None:
        """Start the container of a group; return as soon as it runs."""
        self._folder.mkdir(parents=True, exist_ok=True)
        log = self._folder / f"{group_id.rsplit('/', 1)[-1]}.log"
        container = Container(spec, log)
        self._containers[group_id.lower()] = container
        container.process = await self._start_process(container)
        container.task = asyncio.create_task(self._supervise(container))

    def state(self, group_id: str) -> Container | None:
        """Return the container of a group, None if it was never started."""
        return self._containers.get(group_id.lower())

    async def stop(self, group_id: str) -> None:
        """Stop the container of a group: SIGTERM, then SIGKILL if it has not ended in time."""
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
        """Return the output of a group's container so far."""
        container = self._containers.get(group_id.lower())
        if container is None or not container.log.is_file():
            return ""
        return container.log.read_text(encoding="utf-8", errors="replace")

    async def close(self) -> None:
        """Kill all containers."""
        for container in self._containers.values():
            if container.task is not None:
                container.task.cancel()
            if container.process is not None and container.process.returncode is None:
                with suppress(ProcessLookupError):
                    container.process.kill()
                await container.process.wait()

    async def _supervise(self, container: Container) -> None:
        """Wait for the end of a container, and start it again if its restart policy says so."""
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
            **_measurement(),
            **container.spec.environment,
        }
        return await start(
            Path(program), *command[1:], log=container.log, environment=environment, cwd=self._checkout
        )


def _end(container: Container, exit_code: int) -> None:
    container.state, container.exit_code, container.finished = TERMINATED, exit_code, datetime.now(UTC)


def _measurement() -> dict[str, str]:
    """Return the variables by which coverage.py, where it measures us, measures the container too."""
    return {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}
