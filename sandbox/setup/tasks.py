"""What set-up is made of: tasks that know whether they are done, and that run side by side.

The output is plain lines, because it is read in terminals and in the logs of CI alike.
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

    Args:
        what: what failed.
        cause: the likely cause, or what the failing program said.
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
    """One thing to set up.

    Attributes:
        name: short, at the start of each line.
        what: what it sets up, and how long that usually takes.

    """

    name: str
    what: str

    def is_done(self) -> bool:
        """Whether it is there, whole and up to date; asked at every start, so in milliseconds."""

    def problems(self) -> Sequence[SetUpError]:
        """What is missing on this machine; asked before anything starts."""

    async def run(self, say: Say) -> None:
        """Set it up; when it is interrupted, `is_done` stays false.

        Raises:
            SetUpError: it can't be set up.

        """


@dataclass
class Reporter:
    """Prints what happens, each line with the time since the start.

    Args:
        write: prints a line.

    """

    write: Callable[[str], None]
    started: float = field(default_factory=monotonic)
    latest: dict[str, str] = field(default_factory=dict)

    def say(self, name: str, message: str) -> None:
        """Print what a task is at."""
        self.latest[name] = message
        self._line(name, message)

    async def beat(self) -> None:
        """Say now and then what is still going on, so that a long silence is no worry."""
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            for name, message in self.latest.items():
                self._line(name, f"still {message}")

    async def follow(self, task: Task) -> SetUpError | None:
        """Run one task, telling its start, its end and its failure; return the failure."""
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


async def run_side_by_side(tasks: Sequence[Task], write: Callable[[str], None]) -> list[SetUpError]:
    """Run all tasks at once, each to its own end, and return the failures."""
    reporter = Reporter(write)
    heartbeat = asyncio.create_task(reporter.beat())
    try:
        async with asyncio.TaskGroup() as group:
            running = [group.create_task(reporter.follow(task)) for task in tasks]
    finally:
        heartbeat.cancel()
    return [failure for task in running if (failure := task.result()) is not None]
