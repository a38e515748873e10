"""Reads the logs of pods by the API of the cluster, several at a time, each line with the name of its pod."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from deployer.errors import KubernetesError
from deployer.kubernetes.objects import list_objects

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping, Sequence

    from kr8s.asyncio import Api

# Containers whose pods have not started yet have no log, and those that never failed no previous one.
NO_LOG = (400, 404)
# Between two looks for pods that have started. Seconds.
LOOK_EVERY = 2.0


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

    Lines that are written while others are read come as they come. Logs that are followed never end, and take
    in pods and containers that start later.

    Raises:
        KubernetesError: the cluster refuses.

    """
    if wanted.follow:
        lines = _Followed(api, choices, wanted).lines()
        async with aclosing(lines) as opened:
            async for line in opened:
                yield line
        return
    streams = [
        _lines(api, pod, container["name"], choice, wanted)
        for choice in choices
        for pod in await find_pods(api, choice)
        for container in pod["spec"]["containers"]
    ]
    found = await asyncio.gather(*(_all(stream) for stream in streams))
    for line in sorted((line for lines in found for line in lines), key=lambda line: line.time):
        yield line


async def _all(stream: AsyncGenerator[LogLine, None]) -> list[LogLine]:
    return [line async for line in stream]


class _Followed:
    """The lines of pods that are followed, of those that start later, too.

    Args:
        api: of the cluster.
        choices: the pods.
        wanted: which lines of those that run already; of later ones all are.

    """

    def __init__(self, api: Api, choices: Sequence[PodChoice], wanted: LogRange) -> None:
        self._api = api
        self._choices = choices
        self._wanted = wanted
        self._queue: asyncio.Queue[LogLine | Exception] = asyncio.Queue()
        self._known: set[tuple[str, str, int]] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def lines(self) -> AsyncGenerator[LogLine, None]:
        """Yield lines as they come, until the reader has enough."""
        try:
            self._begin(self._look())
            while True:
                item = await self._queue.get()
                if isinstance(item, Exception):
                    raise item
                yield item
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _look(self) -> None:
        """Look for containers that run, again and again, and read each from when it is seen first."""
        wanted = self._wanted
        while True:
            for choice in self._choices:
                for pod in await find_pods(self._api, choice):
                    for container, restarts in _running(pod):
                        key = (str(pod["metadata"]["uid"]), container, restarts)
                        if key not in self._known:
                            self._known.add(key)
                            self._begin(self._pour(_lines(self._api, pod, container, choice, wanted)))
            wanted = replace(wanted, since=None, tail=None)
            await asyncio.sleep(LOOK_EVERY)

    async def _pour(self, stream: AsyncGenerator[LogLine, None]) -> None:
        async for line in stream:
            await self._queue.put(line)

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        failure = None if task.cancelled() else task.exception()
        if isinstance(failure, Exception):
            self._queue.put_nowait(failure)


def _running(pod: Mapping[str, Any]) -> list[tuple[str, int]]:
    """Return the containers of a pod that have begun, each with the number of its restarts."""
    statuses = {each["name"]: each for each in (pod["status"].get("containerStatuses") or ())}
    found = [(each["name"], statuses.get(each["name"], {})) for each in pod["spec"]["containers"]]
    return [
        (name, int(status.get("restartCount") or 0))
        for name, status in found
        if "waiting" not in (status.get("state") or {})
    ]


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
