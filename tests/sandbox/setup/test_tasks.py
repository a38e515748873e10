"""Tasks run side by side, each to its own end, and say what became of them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.setup import tasks
from sandbox.setup.tasks import SetUpError, run_concurrently

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    import pytest

    Say = Callable[[str], None]


@dataclass
class FakeTask:
    """A task that does what the test asks for."""

    name: str
    action: Callable[[Say], Awaitable[None]]
    what: str = "making it"
    downloads: str = "nothing"

    def is_done(self) -> bool:
        return False

    def problems(self) -> Sequence[SetUpError]:
        return ()

    async def run(self, say: Say) -> None:
        await self.action(say)


async def fail(_say: Say) -> None:
    raise SetUpError("no disk", cause="it is full", next_step="free some")


async def test_tasks_run_side_by_side() -> None:
    barrier = asyncio.Barrier(2)

    async def meet(_say: Say) -> None:
        await asyncio.wait_for(barrier.wait(), timeout=5)

    assert await run_concurrently([FakeTask("one", meet), FakeTask("two", meet)], lambda _: None) == []


async def test_a_failure_lets_the_others_go_on_and_is_returned() -> None:
    ended = asyncio.Event()

    async def slow(_say: Say) -> None:
        await asyncio.sleep(0.05)
        ended.set()

    [failure] = await run_concurrently([FakeTask("bad", fail), FakeTask("good", slow)], lambda _: None)
    assert failure.what == "no disk"
    assert ended.is_set()


async def test_each_line_names_its_task_and_the_end_is_told() -> None:
    async def talk(say: Say) -> None:
        say("half way")

    lines: list[str] = []
    await run_concurrently([FakeTask("one", talk), FakeTask("bad", fail)], lines.append)
    told = [line.partition("] ")[2] for line in lines]
    assert "one: half way" in told
    assert any(line.startswith("one: done in") for line in told)
    assert any(line.startswith("bad: FAILED after") for line in told)


async def test_a_long_silence_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "HEARTBEAT_SECONDS", 0.01)

    async def slow(_say: Say) -> None:
        await asyncio.sleep(0.1)

    lines: list[str] = []
    await run_concurrently([FakeTask("one", slow)], lines.append)
    beats = [line for line in lines if "still" in line]
    assert len(beats) > 1
    assert all(line.endswith("one: still making it") for line in beats)


def test_a_failure_says_what_why_and_what_next() -> None:
    failure = SetUpError("no disk", cause="it is full", next_step="free some")
    assert str(failure) == "no disk\nit is full\n-> free some"
