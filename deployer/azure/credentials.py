"""In whose name Azure is asked: a service principal, a managed identity or azure-cli's login."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ServiceRequestError
from azure.identity import CredentialUnavailableError
from azure.identity.aio import AzureCliCredential, ClientSecretCredential, ManagedIdentityCredential
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_delay, wait_exponential

from deployer.azure.errors import azure_error
from deployer.errors import CredentialsError, DeployerError

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential

    from deployer.settings import Settings
    from deployer.workflow import StepReport

MANAGEMENT_SCOPE = "https://management.azure.com/.default"

# The identity endpoint of a container instance may come up after the container does (Microsoft's
# troubleshooting page for container groups advises to wait and retry).
IDENTITY_PATIENCE_SECONDS = 300.0

CREDENTIAL_NAMES = {
    ClientSecretCredential: "the service principal",
    ManagedIdentityCredential: "the managed identity",
    AzureCliCredential: "azure-cli's login",
}


def make_credential(settings: Settings) -> AsyncTokenCredential:
    """Choose by the settings: a service principal, else the identity they name, else azure-cli's login."""
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
    """Name the kind of credential for people."""
    return next(name for kind, name in CREDENTIAL_NAMES.items() if isinstance(credential, kind))


async def wait_for_token(credential: AsyncTokenCredential, report: StepReport) -> None:
    """Get a first token, waiting out an identity endpoint that is not up yet.

    Raises:
        CredentialsError: there is no login, or Azure refuses it.

    """

    def tell(state: RetryCallState) -> None:
        report.progress(f"waiting for {describe_credential(credential)} (attempt {state.attempt_number})")

    retrying = AsyncRetrying(
        retry=retry_if_exception(lambda error: _may_come_up(credential, error)),
        wait=wait_exponential(multiplier=0.5, max=15),
        stop=stop_after_delay(IDENTITY_PATIENCE_SECONDS),
        before_sleep=tell,
        reraise=True,
    )
    try:
        await retrying(credential.get_token, MANAGEMENT_SCOPE)
    except (CredentialUnavailableError, ServiceRequestError) as error:
        raise _no_login(credential, error) from None
    except (ClientAuthenticationError, HttpResponseError) as error:
        raise _refused(error) from None


def _may_come_up(credential: AsyncTokenCredential, error: BaseException) -> bool:
    if isinstance(error, ServiceRequestError):
        return True
    return isinstance(credential, ManagedIdentityCredential) and isinstance(error, CredentialUnavailableError)


def _no_login(credential: AsyncTokenCredential, error: Exception) -> CredentialsError:
    if isinstance(credential, AzureCliCredential):
        return CredentialsError(
            "Nobody is signed in to Azure here.",
            cause="Neither a service principal nor a managed identity is set, and azure-cli has no login.",
            suggestion="Run `az login`, or set SP_APP_ID, SP_APP_KEY and SP_TENANT_ID.",
        )
    return CredentialsError(
        f"Azure gave no token for {describe_credential(credential)}: {error}",
        cause="The identity endpoint did not answer, or the identity is not assigned to this container.",
        suggestion="Check that AZURE_CLIENT_ID names an identity of this container group, then start again.",
        retryable=True,
    )


def _refused(error: ClientAuthenticationError | HttpResponseError) -> DeployerError:
    return azure_error(error)
