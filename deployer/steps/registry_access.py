"""Provides the passwords of the registry: read back from the release, created only where they do not last.

A new password takes up to a minute to have an effect, so a run that finds a working one in the release, with
more than a third of its life left, creates none.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pydantic import SecretStr

from deployer.azure.container_registry import API_VERSION, HubRegistry, RegistryToken, try_login
from deployer.azure.registry_passwords import LIFETIME, find_hub_password
from deployer.azure.retries import with_retries
from deployer.errors import DeployerError
from deployer.helm.values import RegistryAccess, RegistryLogin, read_registry_access
from deployer.run.workflow import Step
from deployer.settings import ContainerRegistry
from deployer.waiting import Pending, TimeLimitExceededError, all_of, wait_until

if TYPE_CHECKING:
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
        return tuple(f"password of the token {name}" for name in (names.registry_token, names.pull_token))

    return Step(
        "registry-access",
        "Find or create the registry passwords of the hub",
        ensure_registry_access,
        creates=creates,
    )


async def use_docker_hub_account(context: Context, _report: StepReport) -> str:
    """Take the account from the settings."""
    settings = context.settings
    owner = settings.dockerhub_organisation or settings.dockerhub_username
    login = RegistryLogin(settings.dockerhub_username or "", settings.dockerhub_password or SecretStr(""))
    prefix = f"{owner}/{settings.docker_image_prefix}"
    context.results.registry.set(RegistryAccess(None, prefix, push=login, pull=login))
    return "the Docker Hub account of the settings"


async def ensure_registry_access(context: Context, report: StepReport) -> str:
    """Keep the passwords of the release where they work and last, else create others."""
    login_server = context.results.login_server.get()
    if login_server is None:
        raise DeployerError("The address of the registry is not known.")
    registry = HubRegistry(context.settings, context.names, context.azure)
    release = context.results.release_before.get()
    before = read_registry_access(release.values if release is not None else {})
    push = _Account(context, report, login_server, registry.push_token)
    pull = _Account(context, report, login_server, registry.pull_token)
    outcomes = await all_of(
        push.ensure(registry, before.push),
        pull.ensure(registry, before.pull),
        grace=TRY_EVERY,
    )
    (push_login, push_outcome), (pull_login, pull_outcome) = outcomes
    prefix = f"{login_server}/{context.names.registry_project}/{context.settings.docker_image_prefix}"
    context.results.registry.set(RegistryAccess(login_server, prefix, push=push_login, pull=pull_login))
    return f"{push_outcome}, {pull_outcome}"


@dataclass(frozen=True)
class _Account:
    """A token of the registry, as the one who logs in with it."""

    context: Context
    report: StepReport
    login_server: str
    token: RegistryToken

    async def ensure(self, registry: HubRegistry, before: RegistryLogin) -> tuple[RegistryLogin, str]:
        """Return a login that works and lasts, and the outcome for people.

        Args:
            registry: of the hub.
            before: the login of the release; with an empty password if it has none.

        """
        found = await with_retries(
            self.report,
            f"find the token {self.token.name}",
            lambda: self.context.azure.find(registry.token_id(self.token), API_VERSION),
        )
        now = datetime.now(UTC)
        known = find_hub_password(found, before.slot, now)
        lasts_until = known.lasts_until(now)
        if before.password and lasts_until:
            self.context.redactor.hide(before.password)
            if await self._accepted(before.password, fresh=False):
                kept = RegistryLogin(self.token.name, before.password, known.slot)
                return kept, self._outcome("kept", lasts_until)
        expires, slot = now + LIFETIME, known.free_slot
        password = await self._create(registry, slot, expires)
        return RegistryLogin(self.token.name, password, slot), self._outcome("new", expires)

    def _outcome(self, what: str, expires: datetime) -> str:
        return f"the password of the token {self.token.name} is {what} and lasts until {expires:%Y-%m-%d}"

    async def _create(self, registry: HubRegistry, slot: str, expires: datetime) -> SecretStr:
        """Create a password and wait until the registry accepts it."""
        name = self.token.name
        self.report.progress(f"creating a password for the token {name}")
        password = await with_retries(
            self.report,
            f"create a password for the token {name}",
            lambda: registry.create_password(self.token, slot, expires),
        )
        self.context.redactor.hide(password)
        await self._accepted(password, fresh=True)
        return password

    async def _accepted(self, password: SecretStr, *, fresh: bool) -> bool:
        """Wait until the registry accepts a password, or until it is clear that it is wrong.

        Args:
            password: of the token.
            fresh: whether it was just created, so that a refusal passes.

        Raises:
            DeployerError: the registry refuses whatever the password is, or does not accept it in time.

        """
        name, server = self.token.name, self.login_server

        async def look() -> bool | Pending:
            refusal = await try_login(server, name, password)
            if refusal is None:
                return True
            if refusal.is_lasting:
                raise _refused(server, refusal.reason)
            if refusal.is_of_the_password and not fresh:
                return False
            kind = "new password" if fresh else "password"
            return Pending(f"waiting until the registry accepts the {kind} of {name}: {refusal.reason}")

        try:
            return await wait_until(look, self.report.progress, limit=PASSWORD_LIMIT, every=TRY_EVERY)
        except TimeLimitExceededError as error:
            _, _, reason = error.pending.message.partition(": ")
            raise DeployerError(
                f"The registry {server} does not accept the password of the token {name}.",
                cause=f"Its last answer: {reason}.",
                suggestion="Start again; if it happens again, look at the state of the token in the portal.",
                retryable=True,
            ) from None


def _refused(server: str, reason: str) -> DeployerError:
    return DeployerError(
        f"The registry {server} refuses connections from here.",
        cause=f"{reason}.",
        suggestion="Allow them in the portal (the registry, Networking): the deployer, the nodes and the "
        "builder of the hub all have to reach it. Then start again.",
    )
