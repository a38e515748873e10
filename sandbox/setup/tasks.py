"""The tasks of set-up, which know whether they are done, and the runner that executes them concurrently.

The output is plain lines, which can be read in terminals and in logs of CI.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Protocol

from deployer.progress.lines import duration

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Say = Callable[[str], None]

HEARTBEAT_SECONDS = 30


class SetUpError(Exception):
    """Something could not be set up.

    Attributes:
        what: what failed.
        cause: the likely cause, or the end of a program's output.
        next_step: what the reader can do.

    """

    def __init__(self, what: str, *, cause: str = "", next_step: str) -> None:
        super().__init__(what)
        self.what = what
        self.cause = cause
        self.next_step = next_step

    def __str__(self) -> str:
        return "\n".join(part for part in (self.what, self.cause, f"-> {self.next_step}") if part)


class Task(Protocol):
    """A task.

    Attributes:
        name: a short name, at the beginning of each line.
        what: what it sets up, and how long that usually takes.

    """

    name: str
    what: str

    @property
    def downloads(self) -> str:
        """What it downloads, with the size; shown before anything is downloaded."""

    def is_done(self) -> bool:
        """Return whether there is nothing to do; called at every start, so in milliseconds."""

    def problems(self) -> Sequence[SetUpError]:
        """Return what this machine lacks for the task; called before anything starts."""

    async def run(self, say: Say) -> None:
        """Run the task; if it is interrupted, `is_done` stays false.

        Raises:
            SetUpError: it failed.

        """


@dataclass
class Reporter:
    """Prints the progress of tasks, each line with the time since the start.

    Attributes:
        write: prints a line.
        started: time of the start.
        latest: last message of each task that runs.

    """

    write: Callable[[str], None]
    started: float = field(default_factory=monotonic)
    latest: dict[str, str] = field(default_factory=dict)

    def say(self, name: str, message: str) -> None:
        """Print a message of a task."""
        self.latest[name] = message
        self._line(name, message)

    async def beat(self) -> None:
        """Repeat the last messages of running tasks, so that a long task does not seem to hang."""
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            for name, message in self.latest.items():
                self._line(name, f"still {message}")

    async def follow(self, task: Task) -> SetUpError | None:
        """Run a task, and print its start and its end; return its failure."""
        started = monotonic()
        self.say(task.name, task.what)
        try:
            await task.run(lambda message: self.say(task.name, message))
        except SetUpError as failure:
            self.say(task.name, f"FAILED after {duration(monotonic() - started)}: {failure.what}")
            return failure
        else:
            self.say(task.name, f"done in {duration(monotonic() - started)}")
            return None
        finally:
            del self.latest[task.name]

    def _line(self, name: str, message: str) -> None:
        self.write(f"[{duration(monotonic() - self.started):>11}] {name}: {message}")


async def run_concurrently(tasks: Sequence[Task], write: Callable[[str], None]) -> list[SetUpError]:
    """Run all tasks concurrently, each to its end; return the failures."""
    reporter = Reporter(write)
    heartbeat = asyncio.create_task(reporter.beat())
    try:
        async with asyncio.TaskGroup() as group:
            running = [group.create_task(reporter.follow(task)) for task in tasks]
    finally:
        heartbeat.cancel()
    return [failure for task in running if (failure := task.result()) is not None]
