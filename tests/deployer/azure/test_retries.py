"""Which failures of Azure are waited out, for which reason, and that each wait has an end."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ServiceRequestError, ServiceResponseError

from deployer.azure import retries
from deployer.azure.retries import RetryPolicy, retry_policy, with_retries
from deployer.errors import AzureError
from deployer.progress.events import Progress
from deployer.progress.report import StepReport
from tests.deployer.kept_events import KeptEvents


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
PASSING: list[tuple[Exception, RetryPolicy]] = [
    (refusal(403, "AuthorizationFailed"), retries.RIGHTS),
    (refusal(400, "PrincipalNotFound"), retries.RIGHTS),
    (refusal(409, "OperationNotAllowed", BUSY), retries.IN_PROGRESS),
    (refusal(429), retries.THROTTLED),
    (refusal(500), retries.SERVER_ERROR),
    (refusal(503), retries.SERVER_ERROR),
    (ServiceRequestError("no connection"), retries.UNREACHABLE),
    (ServiceResponseError("connection lost"), retries.UNREACHABLE),
]
LASTING = [
    refusal(400, "InvalidParameter"),
    refusal(404, "ResourceNotFound"),
    refusal(409, "OperationNotAllowed", "The quota does not allow another cluster."),
    ValueError("a programming error"),
]


@pytest.fixture
def sink(monkeypatch: pytest.MonkeyPatch) -> KeptEvents:
    """Return what the retries show; they do not really wait."""
    monkeypatch.setattr(asyncio, "sleep", _at_once)
    return KeptEvents()


async def _at_once(_: float) -> None:
    pass


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
