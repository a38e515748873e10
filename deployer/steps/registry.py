"""Creates the container registry, with tokens for this hub and their scope maps, or checks Docker Hub."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from deployer.azure.container_registry import API_VERSION, HubRegistry, is_as_wanted
from deployer.azure.retries import with_retries
from deployer.errors import DeployerError, PreflightError
from deployer.run.workflow import Step
from deployer.settings import ContainerRegistry
from deployer.waiting import repeating

if TYPE_CHECKING:
    from deployer.names import HubNames
    from deployer.progress.report import StepReport
    from deployer.run.context import Context
    from deployer.settings import Settings

Body = dict[str, Any]
"""A resource as it goes over the wire."""

DOCKER_HUB_LOGIN = "https://hub.docker.com/v2/users/login"
# For the login of Docker Hub, including its repetitions. Seconds.
RETRY_LIMIT = 90.0


def registry_step(settings: Settings) -> Step[Context]:
    """Declare the step."""
    if settings.container_registry is ContainerRegistry.DOCKERHUB:
        return Step("registry", "Check the Docker Hub login", check_docker_hub)

    def creates(names: HubNames) -> tuple[str, ...]:
        return (
            f"container registry {names.registry} ({settings.registry_sku})",
            *(f"scope map {name}" for name in (names.registry_token, names.pull_token)),
            *(f"token {name}" for name in (names.registry_token, names.pull_token)),
        )

    return Step("registry", "Create the container registry", ensure_registry, creates=creates)


async def ensure_registry(context: Context, report: StepReport) -> str:
    """Create or update the registry, and the tokens that limit this hub to its own repositories."""
    wanted = HubRegistry(context.settings, context.names, context.azure)
    name = context.names.registry
    found = await _find(context, report, wanted.registry_id)
    foreign = found is not None and not wanted.is_ours(found)
    if foreign:
        report.progress(f"{name} was not created for this hub: it is used as it is")
    changes = [
        not foreign and await _ensure(context, report, wanted.registry_id, found, wanted.registry(found)),
    ]
    for token in (wanted.push_token, wanted.pull_token):
        changes += [
            await _ensure_found(context, report, wanted.scope_map_id(token), wanted.scope_map(token)),
            await _ensure_found(context, report, wanted.token_id(token), wanted.token(token)),
        ]
    # A registry has its login server only once it is created.
    login_server = _login_server(found) or _login_server(await _find(context, report, wanted.registry_id))
    if not login_server:
        raise DeployerError(f"The registry {name} has no login server.", retryable=True)
    context.results.login_server.set(login_server)
    done = ("created" if found is None else "updated") if any(changes) else "exists"
    return f"{login_server} {done} ({context.settings.registry_sku})"


async def _find(context: Context, report: StepReport, resource_id: str) -> Body | None:
    return await with_retries(
        report, f"find {_name(resource_id)}", lambda: context.azure.find(resource_id, API_VERSION)
    )


async def _ensure_found(context: Context, report: StepReport, resource_id: str, wanted: Body) -> bool:
    """Look for one resource, and create or update it where it differs."""
    return await _ensure(context, report, resource_id, await _find(context, report, resource_id), wanted)


async def _ensure(
    context: Context, report: StepReport, resource_id: str, found: Body | None, wanted: Body
) -> bool:
    """Create or update one resource where it differs; return whether that changed anything."""
    name = _name(resource_id)
    if found is not None and is_as_wanted(found, wanted):
        return False
    report.progress(f"{'creating' if found is None else 'updating'} {name}")
    await with_retries(report, f"create {name}", lambda: context.azure.put(resource_id, API_VERSION, wanted))
    return True


def _login_server(registry: Body | None) -> str | None:
    properties: Body = (registry or {}).get("properties", {})
    return properties.get("loginServer")


def _name(resource_id: str) -> str:
    return resource_id.rsplit("/", 1)[-1]


async def check_docker_hub(context: Context, _report: StepReport) -> str:
    """Log in to Docker Hub, so that a wrong password is found before a cluster costs money.

    Raises:
        PreflightError: Docker Hub refuses the login.
        DeployerError: Docker Hub cannot be reached, or fails.

    """
    retrying = repeating(_can_pass, "Docker Hub is busy or cannot be reached", limit=RETRY_LIMIT)
    await retrying(_log_in_to_docker_hub, context.settings)
    context.results.login_server.set(None)
    return f"Docker Hub accepts {context.settings.dockerhub_username}"


def _can_pass(error: BaseException) -> bool:
    return isinstance(error, DeployerError) and error.retryable


async def _log_in_to_docker_hub(settings: Settings) -> None:
    import httpx

    password = settings.dockerhub_password.get_secret_value() if settings.dockerhub_password else ""
    login = {"username": settings.dockerhub_username, "password": password}
    try:
        async with httpx.AsyncClient(timeout=30) as client:
            answer = await client.post(DOCKER_HUB_LOGIN, json=login)
    except httpx.HTTPError as error:
        raise DeployerError(f"Docker Hub cannot be reached: {error!r}", retryable=True) from None
    if answer.status_code == HTTPStatus.UNAUTHORIZED:
        raise PreflightError(
            f"Docker Hub refuses the login of {settings.dockerhub_username}.",
            cause="The user name, the password or the access token is wrong.",
            suggestion="Correct DOCKERHUB_USERNAME and DOCKERHUB_PASSWORD; an access token with the right "
            "to read and write serves as a password.",
        )
    if answer.is_error:
        passes = answer.is_server_error or answer.status_code == HTTPStatus.TOO_MANY_REQUESTS
        raise DeployerError(f"Docker Hub answers with status {answer.status_code}.", retryable=passes)
