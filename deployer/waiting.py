"""Waits until something is ready, and repeats what failed for a moment: the loops behind every such wait."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

from tenacity import AsyncRetrying, retry_if_exception, stop_after_delay, wait_exponential_jitter

from deployer.errors import DeployerError, combined
from deployer.progress.report import current_report

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

T = TypeVar("T")


@dataclass(frozen=True)
class Pending:
    """What a look returns while it has to be repeated.

    Attributes:
        message: what is waited for, shown as progress: "waiting for …".

    """

    message: str


class TimeLimitExceededError(Exception):
    """What was waited for did not become ready in time; `pending` is what the last look found."""

    def __init__(self, pending: Pending) -> None:
        super().__init__(pending.message)
        self.pending = pending


async def wait_until(
    look: Callable[[], Awaitable[T | Pending]],
    show: Callable[[str], None],
    *,
    limit: float,
    every: float,
) -> T:
    """Repeat `look` until it returns something else than `Pending`, and return that.

    Args:
        look: returns the result, or `Pending` while there is none; what it raises ends the wait.
        show: receives the message of each `Pending`; a sink drops repetitions.
        limit: seconds after which no further look is made.
        every: seconds between two looks.

    Raises:
        TimeLimitExceededError: the last look after `limit` still returned `Pending`.

    """
    started = monotonic()
    while isinstance(found := await look(), Pending):
        if monotonic() - started > limit:
            raise TimeLimitExceededError(found)
        show(found.message)
        await asyncio.sleep(every)
    return found


async def all_of(*checks: Coroutine[Any, Any, T], grace: float) -> list[T]:
    """Await checks side by side, and report the problems of all of them in one error.

    Args:
        checks: each raises a DeployerError for its problem.
        grace: seconds that the other checks are given to find their problem too, once one has found one.

    Raises:
        DeployerError: the problem of one check, or those of several.

    """
    tasks = [asyncio.ensure_future(check) for check in checks]
    try:
        _, unfinished = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        if unfinished:
            await asyncio.wait(unfinished, timeout=grace)
    finally:
        for task in tasks:
            task.cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    problems = [outcome for outcome in outcomes if isinstance(outcome, DeployerError)]
    unexpected = [each for each in outcomes if isinstance(each, Exception) and each not in problems]
    if unexpected:
        raise unexpected[0]
    if problems:
        raise combined(problems)
    return [outcome for outcome in outcomes if not isinstance(outcome, BaseException)]


def repeating(can_pass: Callable[[BaseException], bool], trouble: str, *, limit: float) -> AsyncRetrying:
    """Return a wrapper that repeats a coroutine function while its failure can pass by itself.

    Args:
        can_pass: decides about an exception; any other is raised at once, and this one after the limit.
        trouble: shown in the current step before each repetition.
        limit: seconds after which there is no further repetition.

    """

    def show(_: object) -> None:
        report = current_report()
        if report is not None:
            report.progress(f"{trouble}; trying again")

    return AsyncRetrying(
        retry=retry_if_exception(can_pass),
        wait=wait_exponential_jitter(multiplier=0.5, max=10),
        stop=stop_after_delay(limit),
        before_sleep=show,
        reraise=True,
    )
