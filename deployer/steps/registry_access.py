"""Provides the password of the registry: read back from the release, created only where none works.

Creating a password ends the previous one and takes up to a minute to have an effect, so a run that finds a
working password in the release creates none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import SecretStr

from deployer.azure.container_registry import HubRegistry, password_works
from deployer.azure.retries import with_retries
from deployer.errors import DeployerError
from deployer.helm.values import RegistryAccess
from deployer.run.workflow import Step
from deployer.settings import ContainerRegistry
from deployer.waiting import Pending, TimeLimitExceededError, wait_until

if TYPE_CHECKING:
    from deployer.helm.client import ReleaseState
    from deployer.names import HubNames
    from deployer.progress.report import StepReport
    from deployer.run.context import Context
    from deployer.settings import Settings

# Azure documents up to 60 seconds until new credentials work; three times that is a fault. Seconds.
PASSWORD_LIMIT = 180.0
TRY_EVERY = 2.0


def registry_access_step(settings: Settings) -> Step[Context]:
    """Declare the step."""
    if settings.container_registry is ContainerRegistry.DOCKERHUB:
        return Step("registry-access", "Use the Docker Hub account of the settings", use_docker_hub_account)

    def creates(names: HubNames) -> tuple[str, ...]:
        return (f"password of the token {names.registry_token}",)

    return Step(
        "registry-access",
        "Find or create the registry password of the hub",
        ensure_registry_access,
        creates=creates,
    )


async def use_docker_hub_account(context: Context, _report: StepReport) -> str:
    """Take the account from the settings."""
    settings = context.settings
    owner = settings.dockerhub_organisation or settings.dockerhub_username
    context.results.registry.set(
        RegistryAccess(
            server=None,
            image_prefix=f"{owner}/{settings.docker_image_prefix}",
            username=settings.dockerhub_username or "",
            password=settings.dockerhub_password or SecretStr(""),
        )
    )
    return "the Docker Hub account of the settings"


async def ensure_registry_access(context: Context, report: StepReport) -> str:
    """Keep the password of the release if it works, else create one."""
    login_server = context.results.login_server.get()
    if login_server is None:
        raise DeployerError("The address of the registry is not known.")
    username = context.names.registry_token
    password = _password_in(context.results.release_before.get())
    kept = password is not None and await _works(login_server, username, password)
    if password is None or not kept:
        password = await _create_password(context, report, login_server)
    context.redactor.hide(password)
    prefix = f"{context.names.registry_project}/{context.settings.docker_image_prefix}"
    context.results.registry.set(
        RegistryAccess(
            server=login_server,
            image_prefix=f"{login_server}/{prefix}",
            username=username,
            password=password,
        )
    )
    return f"the password of the token {username} is {'kept' if kept else 'new'}"


def _password_in(release: ReleaseState | None) -> SecretStr | None:
    """Return the password that the values of a release hold."""
    registry = release.values.get("registry", {}) if release is not None else {}
    password = registry.get("password") if isinstance(registry, dict) else None
    return SecretStr(password) if isinstance(password, str) and password else None


async def _create_password(context: Context, report: StepReport, login_server: str) -> SecretStr:
    """Create a password and wait until the registry accepts it."""
    registry = HubRegistry(context.settings, context.names, context.azure)
    report.progress("creating a password for the registry")
    password = await with_retries(report, "create a password for the registry", registry.create_password)
    context.redactor.hide(password)

    async def look() -> SecretStr | Pending:
        if await _works(login_server, context.names.registry_token, password):
            return password
        return Pending("waiting until the registry accepts the new password")

    try:
        return await wait_until(look, report.progress, limit=PASSWORD_LIMIT, every=TRY_EVERY)
    except TimeLimitExceededError:
        raise DeployerError(
            f"The registry {login_server} does not accept its new password.",
            suggestion="Start again; if it happens again, look at the state of the token in the portal.",
            retryable=True,
        ) from None


async def _works(login_server: str, username: str, password: SecretStr) -> bool:
    import httpx

    try:
        return await password_works(login_server, username, password)
    except httpx.HTTPError:
        return False  # The host name may be younger than what resolvers have cached.
