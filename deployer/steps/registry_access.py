"""The registry's password: read back from the hub's release, made only where there is none that works.

Each password made takes a slot of the token, ends the one before it and needs up to a minute to work. So a
run that finds a working one in the release makes none.
"""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import TYPE_CHECKING

import httpx
from pydantic import SecretStr

from deployer.azure.container_registry import HubRegistry, password_works
from deployer.azure.operations import ask
from deployer.errors import DeployerError
from deployer.helm import Helm
from deployer.settings import ContainerRegistry
from deployer.values import RegistryAccess

if TYPE_CHECKING:
    from deployer.context import Context
    from deployer.helm import ReleaseState
    from deployer.workflow import StepReport

# Azure's documentation: new credentials may take 60 seconds to work; three times that is a fault.
PASSWORD_PATIENCE = 180.0
TRY_EVERY = 2.0


async def ensure_registry_access(context: Context, report: StepReport) -> str:
    """Find out how the hub logs in to its registry."""
    helm = Helm(context.helm, context.results.cluster.get().kubeconfig)
    release = await helm.find(context.names.release, context.names.namespace)
    context.results.release_before.set(release)
    if context.settings.container_registry is ContainerRegistry.DOCKERHUB:
        context.results.registry.set(_docker_hub_access(context))
        return "the Docker Hub account of the settings"
    return await _ensure_acr_access(context, report, release)


def _docker_hub_access(context: Context) -> RegistryAccess:
    settings = context.settings
    owner = settings.dockerhub_organisation or settings.dockerhub_username
    return RegistryAccess(
        server=None,
        image_prefix=f"{owner}/{settings.docker_image_prefix}",
        username=settings.dockerhub_username or "",
        password=settings.dockerhub_password or SecretStr(""),
    )


async def _ensure_acr_access(context: Context, report: StepReport, release: ReleaseState | None) -> str:
    login_server = context.results.login_server.get()
    if login_server is None:
        raise DeployerError("The registry's address is not known.")
    username = context.names.registry_token
    password = _password_in(release)
    kept = password is not None and await _works(login_server, username, password)
    if password is None or not kept:
        password = await _make_password(context, report, login_server)
    context.redactor.hide(password)
    context.results.registry.set(
        RegistryAccess(
            server=login_server,
            image_prefix=f"{login_server}/{context.names.registry_project}/{context.settings.docker_image_prefix}",
            username=username,
            password=password,
        )
    )
    return f"the password of the token {username} is {'kept' if kept else 'new'}"


def _password_in(release: ReleaseState | None) -> SecretStr | None:
    """Read the password back from a release's values."""
    registry = release.values.get("registry", {}) if release is not None else {}
    password = registry.get("password") if isinstance(registry, dict) else None
    return SecretStr(password) if isinstance(password, str) and password else None


async def _make_password(context: Context, report: StepReport, login_server: str) -> SecretStr:
    """Make a password and wait until the registry takes it."""
    registry = HubRegistry(context.settings, context.names, context.azure)
    report.progress("making a password for the registry")
    password = await ask(report, "make a password for the registry", registry.make_password)
    context.redactor.hide(password)
    started = monotonic()
    while not await _works(login_server, context.names.registry_token, password):
        if monotonic() - started > PASSWORD_PATIENCE:
            raise DeployerError(
                f"The registry {login_server} does not take its new password.",
                suggestion="Start again; if it happens again, look at the token's state in the portal.",
                retryable=True,
            )
        report.progress("waiting until the registry takes the new password")
        await asyncio.sleep(TRY_EVERY)
    return password


async def _works(login_server: str, username: str, password: SecretStr) -> bool:
    try:
        return await password_works(login_server, username, password)
    except httpx.HTTPError:
        return False  # its host name may be younger than the resolvers' caches
