"""The scheduler: order, concurrency, failure, what is recorded and told."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import pytest

from deployer.progress.events import EventKind, Progress
from deployer.progress.run_record import RunRecord, StepStatus
from deployer.run.workflow import InvalidGraphError, Step, run_steps, validate_graph
from tests.deployer.kept_events import KeptEvents

if TYPE_CHECKING:
    from deployer.progress.report import StepReport


class BoomError(Exception):
    pass


def step(name: str, *needs: str, trace: list[str] | None = None) -> Step[None]:
    async def action(_: None, __: StepReport) -> str:
        if trace is not None:
            trace.append(name)
        return f"{name} done"

    return Step(name, name, action).after(*needs)


def failing(name: str, *needs: str) -> Step[None]:
    async def action(_: None, __: StepReport) -> str:
        raise BoomError(name)

    return Step(name, name, action).after(*needs)


def endless(name: str) -> Step[None]:
    async def action(_: None, __: StepReport) -> str:
        await asyncio.Event().wait()
        raise AssertionError

    return Step(name, name, action)


async def run(*steps: Step[None]) -> tuple[RunRecord, KeptEvents]:
    record, told = RunRecord(), KeptEvents()
    with contextlib.suppress(BoomError):
        await run_steps(steps, None, Progress([told]), record)
    return record, told


async def test_a_step_runs_after_what_it_needs() -> None:
    trace: list[str] = []
    await run(step("c", "a", "b", trace=trace), step("b", "a", trace=trace), step("a", trace=trace))
    assert trace == ["a", "b", "c"]


async def test_steps_without_dependencies_run_side_by_side() -> None:
    meeting = asyncio.Barrier(2)

    async def meet(_: None, __: StepReport) -> str:
        async with asyncio.timeout(5):
            await meeting.wait()
        return "met"

    record, _ = await run(Step("a", "a", meet), Step("b", "b", meet))
    assert {one.message for one in record.steps.values()} == {"met"}


async def test_a_failure_skips_what_needs_it_and_stops_what_runs() -> None:
    record, told = await run(endless("slow"), failing("bad"), step("later", "bad"))
    assert [one.status for one in record.steps.values()] == [
        StepStatus.SKIPPED,
        StepStatus.FAILED,
        StepStatus.SKIPPED,
    ]
    assert told.of(EventKind.STEP_FAILED) == ["bad"]


async def test_the_failure_of_the_step_is_what_is_raised() -> None:
    with pytest.raises(BoomError, match="bad"):
        await run_steps([failing("bad"), endless("slow")], None, Progress(), RunRecord())


async def test_a_cancelled_run_records_what_was_running() -> None:
    record = RunRecord()
    task = asyncio.create_task(run_steps([endless("slow")], None, Progress(), record))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert record.steps["slow"].status is StepStatus.SKIPPED


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ([step("a"), step("a")], "same name: a"),
        ([step("a", "ghost")], "a needs unknown steps: ghost"),
        ([step("a", "b"), step("b", "a")], "need each other"),
    ],
)
def test_an_impossible_graph_is_refused(steps: list[Step[None]], words: str) -> None:
    with pytest.raises(InvalidGraphError, match=words):
        validate_graph(steps)
