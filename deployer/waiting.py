"""Waits until something is ready, and repeats what failed for a moment: the loops behind every such wait."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, TypeVar

from tenacity import AsyncRetrying, retry_if_exception, stop_after_delay, wait_exponential_jitter

from deployer.progress.report import current_report

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

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
