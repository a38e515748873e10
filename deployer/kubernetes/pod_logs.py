"""Reads the logs of pods by the API of the cluster, several at a time, each line with the name of its pod."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from deployer.errors import KubernetesError
from deployer.kubernetes.objects import list_objects

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Mapping, Sequence

    from kr8s.asyncio import Api

# Containers whose pods have not started yet have no log, and those that never failed no previous one.
NO_LOG = (400, 404)


@dataclass(frozen=True)
class LogLine:
    """A line of a log.

    Attributes:
        source: name of the pod, or where else the line is from.
        container: in the pod; "" for none.
        time: as the cluster wrote it, in an order that text has; "" where it is not known.
        message: the line.

    """

    source: str
    container: str
    time: str
    message: str


@dataclass(frozen=True)
class LogRange:
    """Which lines of a log are wanted.

    Attributes:
        since: seconds back from now; None for all.
        tail: number of last lines of each container; None for all.
        previous: whether the log before the last restart is wanted.
        follow: whether new lines are waited for.

    """

    since: int | None = None
    tail: int | None = None
    previous: bool = False
    follow: bool = False

    def arguments(self) -> dict[str, Any]:
        """Return the parameters of the request."""
        return {
            "since_seconds": self.since,
            "tail_lines": self.tail,
            "previous": self.previous,
            "follow": self.follow,
            "timestamps": True,
            "timeout": None,
        }


@dataclass(frozen=True)
class PodChoice:
    """The pods whose logs are wanted.

    Attributes:
        namespace: of the pods.
        labels: that they carry.
        named: returns what each line begins with, given the pod; by default the name of the pod.

    """

    namespace: str
    labels: Mapping[str, str]
    named: Callable[[Mapping[str, Any]], str] | None = None


async def find_pods(api: Api, choice: PodChoice) -> list[dict[str, Any]]:
    """Return the pods of a choice, the oldest first."""
    pods = await list_objects(api, "v1", "Pod", choice.namespace)
    chosen = [
        pod
        for pod in pods
        if choice.labels.items() <= (pod["metadata"].get("labels") or {}).items()
        and pod["status"].get("phase") != "Pending"
    ]
    return sorted(chosen, key=lambda pod: str(pod["metadata"].get("creationTimestamp")))


async def read_logs(
    api: Api, choices: Sequence[PodChoice], wanted: LogRange
) -> AsyncGenerator[LogLine, None]:
    """Yield the lines of all containers of the pods, in the order in which they were written.

    Lines that are written while others are read come as they come.

    Raises:
        KubernetesError: the cluster refuses.

    """
    streams = [
        _lines(api, pod, container["name"], choice, wanted)
        for choice in choices
        for pod in await find_pods(api, choice)
        for container in pod["spec"]["containers"]
    ]
    if not wanted.follow:
        found = await asyncio.gather(*(_all(stream) for stream in streams))
        for line in sorted((line for lines in found for line in lines), key=lambda line: line.time):
            yield line
        return
    async for line in _merged(streams):
        yield line


async def _all(stream: AsyncGenerator[LogLine, None]) -> list[LogLine]:
    return [line async for line in stream]


async def _merged(streams: Sequence[AsyncGenerator[LogLine, None]]) -> AsyncGenerator[LogLine, None]:
    """Yield the lines of several streams as they come, until all have ended."""
    queue: asyncio.Queue[LogLine | None] = asyncio.Queue()

    async def pour(stream: AsyncGenerator[LogLine, None]) -> None:
        try:
            async for line in stream:
                await queue.put(line)
        finally:
            queue.put_nowait(None)

    async with asyncio.TaskGroup() as group:
        for stream in streams:
            group.create_task(pour(stream))
        for _ in streams:
            while (line := await queue.get()) is not None:
                yield line


async def _lines(
    api: Api, pod: Mapping[str, Any], container: str, choice: PodChoice, wanted: LogRange
) -> AsyncGenerator[LogLine, None]:
    import httpx
    import kr8s
    from kr8s.asyncio.objects import Pod

    name = pod["metadata"]["name"]
    source = choice.named(pod) if choice.named else name
    found = Pod(dict(pod), api=api)
    try:
        async for line in found.logs(container=container, **wanted.arguments()):
            time, _, message = line.partition(" ")
            yield LogLine(source, container, time, message)
    except kr8s.ServerError as refused:
        status = refused.response.status_code if refused.response is not None else 0
        if status not in NO_LOG:
            raise KubernetesError(f"The cluster refused the log of {name}: {refused}") from None
    except httpx.HTTPError as error:
        raise KubernetesError(f"The log of {name} was cut off: {error!r}", retryable=True) from None
