"""The containers of container groups: their processes, logs, and the policy by which they start again."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import Mapping
    from pathlib import Path

RUNNING, TERMINATED = "Running", "Terminated"
# Azure Container Instances waits 30 seconds between SIGTERM and SIGKILL.
GRACE_SECONDS = 30.0


@dataclass(frozen=True)
class ContainerSpec:
    """What a container group runs.

    Attributes:
        name: name of the container.
        image: its reference; the runtime decides what runs in its place.
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


class Runtime(Protocol):
    """Starts the processes of containers."""

    async def start(self, spec: ContainerSpec, log: Path) -> Process:
        """Start the process of a container.

        Args:
            spec: what it runs.
            log: file to which its output is appended.

        """


class Containers:
    """The containers of all groups.

    Args:
        folder: for their logs.
        runtime: starts their processes.

    """

    def __init__(self, *, folder: Path, runtime: Runtime) -> None:
        self._folder = folder
        self._runtime = runtime
        self._containers: dict[str, Container] = {}

    async def start(self, group_id: str, spec: ContainerSpec) -> None:
        """Start the container of a group; return as soon as it runs."""
        self._folder.mkdir(parents=True, exist_ok=True)
        log = self._folder / f"{group_id.rsplit('/', 1)[-1]}.log"
        container = Container(spec, log)
        self._containers[group_id.lower()] = container
        container.process = await self._runtime.start(container.spec, container.log)
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
            container.process = await self._runtime.start(container.spec, container.log)


def _end(container: Container, exit_code: int) -> None:
    container.state, container.exit_code, container.finished = TERMINATED, exit_code, datetime.now(UTC)
