"""Checks that are made side by side report all their problems."""

from __future__ import annotations

import asyncio

import pytest

from deployer.errors import AzureError, DeployerError, PreflightError, VerificationError
from deployer.waiting import all_of


async def answer(text: str) -> str:
    return text


async def problem(error: Exception) -> str:
    raise error


async def later(check: asyncio.Event, error: Exception) -> str:
    await check.wait()
    raise error


async def test_all_answers_are_returned_in_order() -> None:
    assert await all_of(answer("one"), answer("two"), grace=1) == ["one", "two"]


async def test_both_problems_are_told_in_one_error() -> None:
    first = VerificationError("No address.", cause="A quota.", suggestion="Ask for more.")
    second = VerificationError("No name.", suggestion="Choose another.", retryable=True)
    with pytest.raises(VerificationError) as raised:
        await all_of(problem(first), problem(second), grace=1)
    told = raised.value
    assert (told.message, told.cause) == ("No address. No name.", "A quota.")
    assert told.suggestion == "Ask for more. Choose another."
    assert not told.retryable


async def test_the_same_problem_is_told_once() -> None:
    with pytest.raises(AzureError) as raised:
        await all_of(*(problem(AzureError("Refused.", code="X")) for _ in range(2)), grace=1)
    assert (raised.value.message, raised.value.code) == ("Refused.", "X")


async def test_a_check_that_finds_its_problem_soon_after_the_first_is_told_too() -> None:
    second = asyncio.Event()
    asyncio.get_running_loop().call_soon(second.set)
    with pytest.raises(DeployerError, match=r"One\. Two\."):
        await all_of(problem(VerificationError("One.")), later(second, VerificationError("Two.")), grace=30)


async def test_a_problem_does_not_wait_for_a_check_that_takes_long() -> None:
    with pytest.raises(VerificationError, match=r"^One\.$"):
        await all_of(problem(VerificationError("One.")), later(asyncio.Event(), ValueError()), grace=0)


async def test_the_first_problem_decides_the_exit_status() -> None:
    with pytest.raises(DeployerError) as raised:
        await all_of(problem(PreflightError("One.")), problem(VerificationError("Two.")), grace=1)
    assert raised.value.exit_status == PreflightError.exit_status


async def test_an_unexpected_error_is_raised_as_it_is() -> None:
    with pytest.raises(ValueError, match="a fault"):
        await all_of(problem(VerificationError("One.")), problem(ValueError("a fault")), grace=1)


async def test_a_cancelled_wait_cancels_its_checks() -> None:
    endless = asyncio.ensure_future(all_of(later(asyncio.Event(), ValueError()), grace=1))
    await asyncio.sleep(0)
    endless.cancel()
    with pytest.raises(asyncio.CancelledError):
        await endless
