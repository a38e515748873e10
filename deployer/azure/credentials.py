"""Chooses the identity that makes the requests: a service principal, a managed identity or the Azure CLI."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from azure.core.exceptions import (
    ClientAuthenticationError,
    HttpResponseError,
    ServiceRequestError,
    ServiceResponseError,
)
from azure.identity import CredentialUnavailableError
from azure.identity.aio import AzureCliCredential, ClientSecretCredential, ManagedIdentityCredential
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_delay, wait_exponential

from deployer.azure.errors import azure_error
from deployer.cloud import LOGIN_HOST, MANAGEMENT_SCOPE
from deployer.errors import CredentialsError

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential

    from deployer.progress.report import StepReport
    from deployer.settings import Settings

# The identity endpoint of a container instance may start after the container does: Microsoft's
# troubleshooting page for container groups advises to wait and to retry. Seconds.
IDENTITY_LIMIT = 300.0
# What the endpoint answers while it starts: not there yet, being updated, asked too often.
NOT_READY = {HTTPStatus.NOT_FOUND, HTTPStatus.GONE, HTTPStatus.TOO_MANY_REQUESTS}

CREDENTIAL_NAMES = {
    ClientSecretCredential: "the service principal",
    ManagedIdentityCredential: "the managed identity",
    AzureCliCredential: "the login of the Azure CLI",
}


def make_credential(settings: Settings) -> AsyncTokenCredential:
    """Return the service principal of the settings, else the identity they name, else the Azure CLI."""
    if settings.sp_app_id and settings.sp_app_key and settings.sp_tenant_id:
        return ClientSecretCredential(
            tenant_id=settings.sp_tenant_id,
            client_id=settings.sp_app_id,
            client_secret=settings.sp_app_key.get_secret_value(),
        )
    if settings.azure_client_id:
        return ManagedIdentityCredential(client_id=settings.azure_client_id)
    return AzureCliCredential()


def describe_credential(credential: AsyncTokenCredential) -> str:
    """Return the kind of a credential, for people."""
    return next(name for kind, name in CREDENTIAL_NAMES.items() if isinstance(credential, kind))


async def wait_for_token(credential: AsyncTokenCredential, report: StepReport) -> None:
    """Get a first token, waiting for an identity endpoint that is not up yet.

    Raises:
        CredentialsError: there are no usable credentials, or Azure refuses them.

    """

    def show(state: RetryCallState) -> None:
        failed = state.outcome.exception() if state.outcome else None
        report.progress(f"{_why_again(credential, failed)} (attempt {state.attempt_number})")

    retrying = AsyncRetrying(
        retry=retry_if_exception(lambda error: _may_come_up(credential, error)),
        wait=wait_exponential(multiplier=0.5, max=15),
        stop=stop_after_delay(IDENTITY_LIMIT),
        before_sleep=show,
        reraise=True,
    )
    try:
        await retrying(credential.get_token, MANAGEMENT_SCOPE)
    except (ServiceRequestError, ServiceResponseError, CredentialUnavailableError) as error:
        raise _no_login(credential, error) from None
    except (ClientAuthenticationError, HttpResponseError) as error:
        if _may_come_up(credential, error):
            raise _no_login(credential, error) from None
        raise azure_error(error) from None


def _why_again(credential: AsyncTokenCredential, failed: BaseException | None) -> str:
    unreachable = isinstance(failed, ServiceRequestError | ServiceResponseError)
    if unreachable and not isinstance(credential, ManagedIdentityCredential):
        return f"{LOGIN_HOST} cannot be reached; trying again"
    return f"waiting for {describe_credential(credential)}"


def _may_come_up(credential: AsyncTokenCredential, error: BaseException) -> bool:
    if isinstance(error, ServiceRequestError | ServiceResponseError):
        return True
    if not isinstance(credential, ManagedIdentityCredential):
        return False
    return isinstance(error, CredentialUnavailableError) or _is_not_ready(error)


def _is_not_ready(error: BaseException) -> bool:
    """Return whether an identity endpoint answered, but not as it does once it is up."""
    status = error.status_code if isinstance(error, HttpResponseError) else None
    return status is not None and (status in NOT_READY or status >= HTTPStatus.INTERNAL_SERVER_ERROR)


def _no_login(credential: AsyncTokenCredential, error: Exception) -> CredentialsError:
    if isinstance(credential, AzureCliCredential):
        return CredentialsError(
            "No usable Azure credentials.",
            cause="No service principal and no managed identity is set, and the Azure CLI is not signed in.",
            suggestion="Run `az login`, or set SP_APP_ID, SP_APP_KEY and SP_TENANT_ID.",
        )
    message = (
        f"Azure gave no token for {describe_credential(credential)} in {IDENTITY_LIMIT:.0f} seconds: {error}"
    )
    if isinstance(credential, ManagedIdentityCredential):
        return CredentialsError(
            message,
            cause="The identity endpoint of this container did not come up, or the identity is not assigned "
            "to its container group.",
            suggestion="Restart the container group, or click again. If that does not help, check that "
            "AZURE_CLIENT_ID names an identity of the container group.",
            retryable=True,
        )
    return CredentialsError(
        message,
        cause=f"{LOGIN_HOST} cannot be reached from here.",
        suggestion="Check the network, its proxy and its firewall, then start again.",
        retryable=True,
    )
