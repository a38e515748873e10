"""Waits until something is ready: the one loop behind every wait of a deployment."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, TypeVar

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
