"""The container registry: an ACR with a scope map and a token for this hub, or an account on Docker Hub."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx

from deployer.azure.container_registry import API_VERSION, HubRegistry, differs
from deployer.azure.operations import ask
from deployer.errors import DeployerError, PreflightError
from deployer.settings import ContainerRegistry

if TYPE_CHECKING:
    from deployer.context import Context
    from deployer.workflow import StepReport

DOCKER_HUB_LOGIN = "https://hub.docker.com/v2/users/login"
UNAUTHORIZED = 401


async def ensure_registry(context: Context, report: StepReport) -> str:
    """Make sure that there is a registry for the hub's images."""
    if context.settings.container_registry is ContainerRegistry.DOCKERHUB:
        return await _check_docker_hub(context)
    return await _ensure_acr(context, report)


async def _ensure_acr(context: Context, report: StepReport) -> str:
    wanted = HubRegistry(context.settings, context.names, context.azure)
    found = await ask(
        report,
        f"look at {context.names.registry}",
        lambda: context.azure.find(wanted.registry_id, API_VERSION),
    )
    theirs = found is not None and not wanted.is_ours(found)
    if theirs:
        report.progress(f"{context.names.registry} was not made for this hub: it is used as it is")
    changes = [
        not theirs and await _ensure(context, report, wanted.registry_id, wanted.registry()),
        await _ensure(context, report, wanted.scope_map_id, wanted.scope_map()),
        await _ensure(context, report, wanted.token_id, wanted.token()),
    ]
    found = await context.azure.find(wanted.registry_id, API_VERSION)
    login_server = (found or {}).get("properties", {}).get("loginServer")
    if not login_server:
        raise DeployerError(f"The registry {context.names.registry} has no login server.", retryable=True)
    context.results.login_server.set(login_server)
    return f"{login_server} {'created' if any(changes) else 'is there'} ({context.settings.registry_sku})"


async def _ensure(context: Context, report: StepReport, resource_id: str, wanted: dict[str, Any]) -> bool:
    """Create or update one resource where it differs; say whether it did."""
    name = resource_id.rsplit("/", 1)[-1]
    found = await ask(report, f"look at {name}", lambda: context.azure.find(resource_id, API_VERSION))
    if found is not None and not differs(found, wanted):
        return False
    report.progress(f"{'creating' if found is None else 'updating'} {name}")
    await ask(report, f"create {name}", lambda: context.azure.put(resource_id, API_VERSION, wanted))
    return True


async def _check_docker_hub(context: Context) -> str:
    """Log in to Docker Hub once, so that a wrong password is found before a cluster is paid for."""
    settings = context.settings
    password = settings.dockerhub_password.get_secret_value() if settings.dockerhub_password else ""
    login = {"username": settings.dockerhub_username, "password": password}
    try:
        async with httpx.AsyncClient(timeout=30) as client:
            answer = await client.post(DOCKER_HUB_LOGIN, json=login)
    except httpx.HTTPError as error:
        raise DeployerError(f"Docker Hub can't be reached: {error!r}", retryable=True) from None
    if answer.status_code == UNAUTHORIZED:
        raise PreflightError(
            f"Docker Hub refuses the login of {settings.dockerhub_username}.",
            cause="The user name, the password or the access token is wrong.",
            suggestion="Correct DOCKERHUB_USERNAME and DOCKERHUB_PASSWORD; an access token with the right "
            "to read and write serves as a password.",
        )
    if answer.is_error:
        raise DeployerError(f"Docker Hub answers with status {answer.status_code}.", retryable=True)
    context.results.login_server.set(None)
    return f"Docker Hub accepts {settings.dockerhub_username}"
