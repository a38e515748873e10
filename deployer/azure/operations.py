"""Asks Azure with patience: the one place where a request is tried again.

The SDK repeats single requests after 408, 429 and 5xx. What is left takes longer and should be seen:
rights that have not propagated, another operation in progress, a connection that stays away.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from azure.core.exceptions import AzureError as SdkError
from azure.core.exceptions import HttpResponseError, ServiceRequestError, ServiceResponseError
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, wait_exponential_jitter

from deployer.azure.errors import azure_error, error_code

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from deployer.workflow import StepReport

T = TypeVar("T")


@dataclass(frozen=True)
class Patience:
    """A passing trouble: how it is told, and for how many seconds it is waited out."""

    reason: str
    seconds: float


# Azure's documentation gives 10 minutes for a role assignment to take effect.
RIGHTS = Patience("the rights have not reached Azure's services yet", 600.0)
# As long as the slowest operation that can be in the way: a cluster's creation or upgrade.
IN_PROGRESS = Patience("another operation is in progress", 1200.0)
THROTTLED = Patience("Azure asks to slow down", 600.0)
UNREACHABLE = Patience("Azure can't be reached", 300.0)
SERVER_ERROR = Patience("Azure has an error of its own", 300.0)

# Codes that propagate: the principal or its role exists, but not everywhere yet.
PROPAGATION_CODES = {
    "AuthorizationFailed",
    "LinkedAuthorizationFailed",
    "PrincipalNotFound",
    "AuthorizationPermissionMismatch",  # blob storage's word for it
}
BUSY_CODES = {"OperationNotAllowed", "AnotherOperationInProgress", "OperationInProgress", "Conflict"}
TOO_MANY_REQUESTS = 429
FIRST_SERVER_ERROR = 500


async def ask(
    report: StepReport, what: str, call: Callable[[], Awaitable[T]], *, rights_may_come: bool = True
) -> T:
    """Await `call()`, again while the trouble is a passing one.

    Args:
        report: is told of each wait.
        what: the request in the reader's terms ("create the cluster").
        call: makes the request anew each time.
        rights_may_come: whether missing rights are waited for; not where they are not expected to be there.

    Raises:
        AzureError: Azure refused, or did not recover within the trouble's bound.
        CredentialsError: Azure did not accept the login.

    """

    def tell(state: RetryCallState) -> None:
        patience = _patience_of(state)
        if patience is not None:
            report.progress(f"{what}: {patience.reason}; trying again")

    def can_pass(error: BaseException) -> bool:
        patience = passing_trouble(error)
        return patience is not None and (rights_may_come or patience is not RIGHTS)

    retrying = AsyncRetrying(
        retry=retry_if_exception(can_pass),
        wait=wait_exponential_jitter(initial=0.5, max=20),
        stop=_out_of_patience,
        before_sleep=tell,
        reraise=True,
    )

    async def attempt() -> T:
        return await call()  # tenacity awaits coroutine functions only

    try:
        return await retrying(attempt)
    except SdkError as error:
        raise azure_error(error) from None


def passing_trouble(error: BaseException) -> Patience | None:
    """Say whether waiting can help, and for how long."""
    if isinstance(error, ServiceRequestError | ServiceResponseError):
        return UNREACHABLE
    if not isinstance(error, HttpResponseError):
        return None
    code = error_code(error)
    if code in PROPAGATION_CODES:
        return RIGHTS
    if code in BUSY_CODES and "in progress" in str(error):
        return IN_PROGRESS
    return _patience_by_status(error.status_code or 0)


def _patience_by_status(status: int) -> Patience | None:
    if status == TOO_MANY_REQUESTS:
        return THROTTLED
    return SERVER_ERROR if status >= FIRST_SERVER_ERROR else None


def _patience_of(state: RetryCallState) -> Patience | None:
    error = state.outcome.exception() if state.outcome is not None else None
    return passing_trouble(error) if error is not None else None


def _out_of_patience(state: RetryCallState) -> bool:
    patience = _patience_of(state)
    return patience is None or (state.seconds_since_start or 0.0) >= patience.seconds
