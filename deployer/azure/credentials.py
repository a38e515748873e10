"""Chooses the identity that makes the requests: a service principal, a managed identity or the Azure CLI."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ServiceRequestError
from azure.identity import CredentialUnavailableError
from azure.identity.aio import AzureCliCredential, ClientSecretCredential, ManagedIdentityCredential
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_delay, wait_exponential

from deployer.azure.errors import azure_error
from deployer.cloud import MANAGEMENT_SCOPE
from deployer.errors import CredentialsError

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential

    from deployer.progress.report import StepReport
    from deployer.settings import Settings

# The identity endpoint of a container instance may start after the container does: Microsoft's
# troubleshooting page for container groups advises to wait and to retry. Seconds.
IDENTITY_LIMIT = 300.0

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
        report.progress(f"waiting for {describe_credential(credential)} (attempt {state.attempt_number})")

    retrying = AsyncRetrying(
        retry=retry_if_exception(lambda error: _may_come_up(credential, error)),
        wait=wait_exponential(multiplier=0.5, max=15),
        stop=stop_after_delay(IDENTITY_LIMIT),
        before_sleep=show,
        reraise=True,
    )
    try:
        await retrying(credential.get_token, MANAGEMENT_SCOPE)
    except (CredentialUnavailableError, ServiceRequestError) as error:
        raise _no_login(credential, error) from None
    except (ClientAuthenticationError, HttpResponseError) as error:
        raise azure_error(error) from None


def _may_come_up(credential: AsyncTokenCredential, error: BaseException) -> bool:
    if isinstance(error, ServiceRequestError):
        return True
    return isinstance(credential, ManagedIdentityCredential) and isinstance(error, CredentialUnavailableError)


def _no_login(credential: AsyncTokenCredential, error: Exception) -> CredentialsError:
    if isinstance(credential, AzureCliCredential):
        return CredentialsError(
            "No usable Azure credentials.",
            cause="No service principal and no managed identity is set, and the Azure CLI is not signed in.",
            suggestion="Run `az login`, or set SP_APP_ID, SP_APP_KEY and SP_TENANT_ID.",
        )
    return CredentialsError(
        f"Azure gave no token for {describe_credential(credential)}: {error}",
        cause="The identity endpoint did not answer, or the identity is not assigned to this container.",
        suggestion="Check that AZURE_CLIENT_ID names an identity of this container group, then start again.",
        retryable=True,
    )
