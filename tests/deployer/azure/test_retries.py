"""Which failures of Azure are waited out, for which reason, and that each wait has an end."""

from __future__ import annotations

import asyncio
import json
from json import JSONDecodeError
from typing import TYPE_CHECKING, Any

import pytest
import tenacity
from azure.core.exceptions import HttpResponseError, ServiceRequestError, ServiceResponseError

from deployer.azure import retries
from deployer.azure.retries import RetryPolicy, retry_policy, with_retries
from deployer.errors import AzureError
from deployer.progress.events import Progress
from deployer.progress.report import StepReport
from tests.deployer.kept_events import KeptEvents

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


class Answer:
    """An HTTP answer with an error of Resource Manager."""

    reason = "reason"
    headers: dict[str, str] = {}  # noqa: RUF012 - of a double

    def __init__(self, status: int, code: str, message: str) -> None:
        self.status_code = status
        self._body = json.dumps({"error": {"code": code, "message": message}})

    def text(self, encoding: str | None = None) -> str:  # noqa: ARG002 - the signature of the SDK
        return self._body

    def body(self) -> bytes:
        return self._body.encode()


def refusal(status: int, code: str = "Code", message: str = "message") -> HttpResponseError:
    answer: Any = Answer(status, code, message)
    return HttpResponseError(response=answer)


BUSY = "Operation is not allowed because there's an in progress create managed cluster operation"
OVERLAPPING = "Operation is not allowed: Another operation is in progress"
PASSING: list[tuple[Exception, RetryPolicy]] = [
    (refusal(403, "AuthorizationFailed"), retries.RIGHTS),
    (refusal(400, "PrincipalNotFound"), retries.RIGHTS),
    (refusal(409, "OperationNotAllowed", BUSY), retries.IN_PROGRESS),
    (refusal(409, "EtagMismatch", OVERLAPPING), retries.IN_PROGRESS),
    (refusal(429), retries.THROTTLED),
    (refusal(500), retries.SERVER_ERROR),
    (refusal(503), retries.SERVER_ERROR),
    (ServiceRequestError("no connection"), retries.UNREACHABLE),
    (ServiceResponseError("connection lost"), retries.UNREACHABLE),
    (JSONDecodeError("cut off", "", 0), retries.GARBLED),
]
LASTING = [
    refusal(400, "InvalidParameter"),
    refusal(404, "ResourceNotFound"),
    refusal(409, "OperationNotAllowed", "The quota does not allow another cluster."),
    ValueError("a programming error"),
]


class Clock:
    """The clock of the retries, which they do not really wait for."""

    now = 0.0

    def monotonic(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Return the clock by which the retries wait."""
    clock = Clock()
    monkeypatch.setattr(asyncio, "sleep", clock.sleep)
    monkeypatch.setattr(tenacity, "time", clock)
    return clock


@pytest.fixture
def sink(clock: Clock) -> KeptEvents:
    """Return what the retries show; they do not really wait."""
    assert clock.now == 0
    return KeptEvents()


def report(sink: KeptEvents) -> StepReport:
    return StepReport("step", Progress([sink]))


@pytest.mark.parametrize(("error", "policy"), PASSING)
async def test_a_failure_that_can_pass_is_repeated_with_its_reason(
    sink: KeptEvents, error: Exception, policy: RetryPolicy
) -> None:
    assert retry_policy(error) is policy
    failures = [error]

    async def call() -> str:
        if failures:
            raise failures.pop()
        return "done"

    assert await with_retries(report(sink), "create it", call) == "done"
    assert sink.messages == [f"create it: {policy.reason}; trying again"]


def attempts(clock: Clock, *failed: tuple[float, Exception]) -> Callable[[], Awaitable[str]]:
    """Return a call that fails after so many seconds, once for each of these errors, and then succeeds."""
    left = list(failed)

    async def call() -> str:
        if not left:
            return "done"
        seconds, error = left.pop(0)
        clock.now += seconds
        raise error

    return call


HALF_AN_HOUR = 1800.0


@pytest.mark.parametrize(("error", "policy"), PASSING)
async def test_what_an_operation_took_before_it_failed_does_not_count(
    sink: KeptEvents, clock: Clock, error: Exception, policy: RetryPolicy
) -> None:
    call = attempts(clock, (HALF_AN_HOUR, error), (0, error), (HALF_AN_HOUR, error))
    assert await with_retries(report(sink), "update it", call) == "done"
    assert sink.messages == [f"update it: {policy.reason}; trying again"]  # the same one again is not shown


@pytest.mark.parametrize("error", [error for error, policy in PASSING if policy is not retries.IN_PROGRESS])
async def test_a_wait_for_another_reason_does_not_count(
    sink: KeptEvents, clock: Clock, error: Exception
) -> None:
    busy = [(60.0, refusal(409, "OperationNotAllowed", BUSY))] * 14
    call = attempts(clock, (0, error), *busy, (0, error))
    assert await with_retries(report(sink), "update it", call) == "done"


@pytest.mark.parametrize(("error", "policy"), PASSING)
async def test_failures_that_follow_each_other_are_repeated_for_the_time_of_their_reason(
    sink: KeptEvents, clock: Clock, error: Exception, policy: RetryPolicy
) -> None:
    call = attempts(clock, (HALF_AN_HOUR, error), *[(10.0, error)] * 500)
    with pytest.raises(AzureError):
        await with_retries(report(sink), "update it", call)
    assert policy.seconds <= clock.now - HALF_AN_HOUR < policy.seconds + 40


async def test_a_policy_that_is_shorter_than_its_pauses_ends_too(
    sink: KeptEvents, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retries, "UNREACHABLE", RetryPolicy("unreachable", 0.1))
    call = attempts(clock, *[(0, ServiceRequestError("no connection"))] * 500)
    with pytest.raises(AzureError):
        await with_retries(report(sink), "read it", call)
    assert clock.now < 2


async def test_repetitions_end_although_each_failure_comes_late(sink: KeptEvents, clock: Clock) -> None:
    call = attempts(clock, *[(HALF_AN_HOUR, refusal(429))] * 500)
    with pytest.raises(AzureError):
        await with_retries(report(sink), "read it", call)
    assert clock.now < retries.LONGEST + 2 * HALF_AN_HOUR


@pytest.mark.parametrize("error", LASTING)
def test_any_other_failure_ends_at_once(error: Exception) -> None:
    assert retry_policy(error) is None


@pytest.mark.parametrize(("error", "policy"), PASSING)
async def test_the_repetitions_end_with_the_bound_of_their_reason(
    sink: KeptEvents, monkeypatch: pytest.MonkeyPatch, error: Exception, policy: RetryPolicy
) -> None:
    name = next(name for name, value in vars(retries).items() if value is policy)
    monkeypatch.setattr(retries, name, RetryPolicy(policy.reason, 0.0))

    async def call() -> None:
        raise error

    with pytest.raises(AzureError):
        await with_retries(report(sink), "create it", call)
    assert sink.messages == []


async def test_rights_that_are_not_expected_are_not_waited_for(sink: KeptEvents) -> None:
    async def call() -> None:
        raise refusal(403, "AuthorizationFailed")

    with pytest.raises(AzureError) as failed:
        await with_retries(report(sink), "read it", call, rights_may_come=False)
    assert failed.value.code == "AuthorizationFailed"
    assert sink.messages == []
