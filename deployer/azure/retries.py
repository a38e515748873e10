"""Repeats requests to Azure while a failure can pass by itself: the one place where that is decided.

The SDK itself repeats single requests after 408, 429 and 5xx. The failures handled here last longer, and are
shown: rights that have not propagated, another operation in progress, a connection that stays away.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from json import JSONDecodeError
from typing import TYPE_CHECKING, TypeVar

from aiohttp import ClientError
from azure.core.exceptions import AzureError as SdkError
from azure.core.exceptions import (
    DecodeError,
    DeserializationError,
    HttpResponseError,
    ServiceRequestError,
    ServiceResponseError,
)
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, wait_exponential_jitter

from deployer.azure.errors import azure_error, error_code, explanation_of
from deployer.errors import AzureError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from deployer.progress.report import StepReport

T = TypeVar("T")


@dataclass(frozen=True)
class RetryPolicy:
    """A failure that can pass: its reason for people, and for how many seconds requests are repeated.

    These are counted from the first of the failures for this reason that follow each other: what an operation
    took before it failed does not count. After as many seconds without one, Azure has recovered in between.
    """

    reason: str
    seconds: float


# Azure documents up to 10 minutes until a role assignment has an effect.
RIGHTS = RetryPolicy("the rights have not reached all of Azure yet", 600.0)
# As long as the slowest operation that can be in the way: creating or upgrading a cluster.
IN_PROGRESS = RetryPolicy("another operation is in progress", 1200.0)
THROTTLED = RetryPolicy("Azure limits the rate of requests", 600.0)
UNREACHABLE = RetryPolicy("Azure cannot be reached", 300.0)
SERVER_ERROR = RetryPolicy("Azure reports an internal error", 300.0)
GARBLED = RetryPolicy("the answer was cut off or cannot be read", 120.0)
# Also where failures keep coming back after long operations. MAXIMUM_DURATION does not bound every command.
LONGEST = 7200.0

# What the SDK raises, or lets through from json, about an answer that was cut off or is an HTML page.
GARBLED_ERRORS = (DecodeError, DeserializationError, JSONDecodeError)

# A principal or its role exists, but not everywhere yet.
PROPAGATION_CODES = {
    "AuthorizationFailed",
    "LinkedAuthorizationFailed",
    "PrincipalNotFound",
    "AuthorizationPermissionMismatch",  # of blob storage
}
# Nothing of a resource provider can be in a subscription that has never registered it.
UNREGISTERED_CODES = {
    "MissingSubscriptionRegistration",
    "MissingRegistrationForResourceProvider",
    "MissingRegistrationForType",
    "SubscriptionNotRegistered",
}
# A GET shows nothing: for lack of rights, or for lack of the provider.
UNSEEN_CODES = UNREGISTERED_CODES | PROPAGATION_CODES
BUSY_CODES = {
    "OperationNotAllowed",
    "AnotherOperationInProgress",
    "OperationInProgress",
    "Conflict",
    "EtagMismatch",  # two changes of a cluster overlap (terraform-azurerm-aks issue 604)
}


async def with_retries(
    report: StepReport, what: str, call: Callable[[], Awaitable[T]], *, rights_may_come: bool = True
) -> T:
    """Await `call()`, again while its failure can pass by itself.

    Args:
        report: receives a message for each repetition.
        what: the request in the reader's terms: "create the cluster".
        call: makes the request, from the start each time.
        rights_may_come: whether missing rights are waited for; false where they are not expected.

    Raises:
        AzureError: Azure refused, or the failure outlasted its policy.
        CredentialsError: Azure did not accept the login.

    """

    def show(state: RetryCallState) -> None:
        policy = _policy_in(state)
        if policy is not None:
            report.progress(f"{what}: {policy.reason}; trying again")

    def can_pass(error: BaseException) -> bool:
        policy = retry_policy(error)
        return policy is not None and (rights_may_come or policy is not RIGHTS)

    retrying = AsyncRetrying(
        retry=retry_if_exception(can_pass),
        wait=wait_exponential_jitter(multiplier=0.5, max=20),
        stop=_Streaks().outlasted,
        before_sleep=show,
        reraise=True,
    )

    async def attempt() -> T:
        return await call()  # tenacity only awaits coroutine functions

    with _errors_for_people(what):
        return await retrying(attempt)


async def if_seen(report: StepReport, what: str, find: Callable[[], Awaitable[T | None]]) -> T | None:
    """Await `find()` as `with_retries` does, and return None where there can be nothing to see, too.

    That is for lack of rights, or of the provider. It asks for one resource by its id, because a list of its
    group can be minutes old.

    Args:
        report: receives why it is tried again.
        what: the request in the reader's terms.
        find: returns None where there is no such resource.

    Raises:
        AzureError: Azure refused for another reason, or the failure outlasted its policy.

    """
    try:
        return await with_retries(report, what, find, rights_may_come=False)
    except AzureError as error:
        if error.code not in UNSEEN_CODES:
            raise
        return None


@contextmanager
def _errors_for_people(what: str) -> Iterator[None]:
    """Raise what the SDK raises as errors that people read.

    Args:
        what: the request in the reader's terms.

    """
    try:
        yield
    except GARBLED_ERRORS:
        raise AzureError(
            f"Azure could not {what}: {GARBLED.reason}.",
            code="GarbledAnswer",
            cause="A proxy or gateway between here and Azure cuts answers off, or replaces them.",
            retryable=True,
        ) from None
    except SdkError as error:
        raise azure_error(error) from None
    except ClientError as error:
        raise AzureError(
            f"Azure could not {what}: {error!r}.", code="ServiceUnreachable", retryable=True
        ) from None


def retry_policy(error: BaseException) -> RetryPolicy | None:
    """Return for how long a failure is waited out, None for one that does not pass by itself."""
    if isinstance(error, GARBLED_ERRORS):
        return GARBLED
    # The SDK lets some errors of its transport through as they are.
    if isinstance(error, ServiceRequestError | ServiceResponseError | ClientError):
        return UNREACHABLE
    return _policy_of_answer(error) if isinstance(error, HttpResponseError) else None


def _policy_of_answer(error: HttpResponseError) -> RetryPolicy | None:
    # The status may be that of an envelope: AKS reports refusals that last with any status.
    known = explanation_of(error)
    if known is not None and not known.retryable:
        return None
    code = error_code(error)
    if code in PROPAGATION_CODES:
        return RIGHTS
    # These codes also stand for refusals that last; only the text tells.
    if code in BUSY_CODES and "in progress" in str(error):
        return IN_PROGRESS
    return _policy_by_status(error.status_code or 0)


def _policy_by_status(status: int) -> RetryPolicy | None:
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return THROTTLED
    return SERVER_ERROR if status >= HTTPStatus.INTERNAL_SERVER_ERROR else None


def _policy_in(state: RetryCallState) -> RetryPolicy | None:
    error = state.outcome.exception() if state.outcome is not None else None
    return retry_policy(error) if error is not None else None


class _Streaks:
    """The failures of one request that follow each other, by their policies."""

    def __init__(self) -> None:
        self._began: dict[RetryPolicy, float] = {}
        self._repeated: dict[RetryPolicy, float] = {}

    def outlasted(self, state: RetryCallState) -> bool:
        """Count the failure of an attempt, and return whether it is not waited out any longer."""
        policy, now = _policy_in(state), state.outcome_timestamp
        if policy is None or now is None or now - state.start_time >= LONGEST:
            return True
        if now - self._repeated.get(policy, now) > policy.seconds:
            del self._began[policy]
        self._repeated[policy] = now + state.upcoming_sleep
        return now - self._began.setdefault(policy, now) >= policy.seconds
