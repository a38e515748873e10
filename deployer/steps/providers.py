"""Registers resource providers: a subscription can only create resources of the providers it registered."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from deployer.azure.retries import PROPAGATION_CODES, with_retries
from deployer.errors import AzureError, PreflightError
from deployer.run.workflow import Step
from deployer.settings import ContainerRegistry
from deployer.waiting import Pending, TimeLimitExceededError, wait_until

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deployer.progress.report import StepReport
    from deployer.run.context import Context
    from deployer.settings import Settings

REGISTERED, REGISTERING = "Registered", "Registering"

# Registration takes a minute or two; a provider that takes longer than this is stuck. Seconds.
REGISTRATION_LIMIT = 900.0
LOOK_EVERY = 5.0


def providers_step(settings: Settings) -> Step[Context]:
    """Declare the step."""
    count = len(needed_providers(settings))
    return Step("providers", f"Register {count} resource providers where that is missing", ensure_providers)


def needed_providers(settings: Settings) -> tuple[str, ...]:
    """Return the providers of everything that a deployment creates."""
    always = (
        "Microsoft.ContainerService",
        "Microsoft.Compute",
        "Microsoft.Network",
        "Microsoft.ManagedIdentity",
    )
    registry = settings.container_registry is ContainerRegistry.AZURECR
    return (
        *always,
        *(("Microsoft.ContainerRegistry",) if registry else ()),
        *(("Microsoft.Logic",) if settings.stop_schedule else ()),
    )


async def ensure_providers(context: Context, report: StepReport) -> str:
    """Register the missing providers; go on where the rights do not allow to look.

    Raises:
        PreflightError: some are missing, and this identity may not register them; all of them are named.

    """
    needed = needed_providers(context.settings)
    found = await asyncio.gather(*(_registration_state(context, report, provider) for provider in needed))
    states = dict(zip(needed, found, strict=True))
    unseen = [provider for provider, state in states.items() if state is None]
    missing = [provider for provider, state in states.items() if state not in {None, REGISTERED}]
    await _register(context, report, [each for each in missing if states[each] != REGISTERING])
    await _await_registered(context, report, missing)
    return _outcome(missing, unseen)


def _outcome(registered: Sequence[str], unseen: Sequence[str]) -> str:
    parts = [f"registered {', '.join(registered)}"] if registered else []
    if unseen:
        parts.append(f"no rights to see whether the subscription has registered {', '.join(unseen)}")
    return "; ".join(parts) or "nothing to register"


async def _registration_state(context: Context, report: StepReport, provider: str) -> str | None:
    """Return the state of the registration, None where this identity may not see it."""
    providers = context.azure.resources.providers
    try:
        found = await with_retries(
            report, f"look at {provider}", lambda: providers.get(provider), rights_may_come=False
        )
    except AzureError as error:
        if error.code not in PROPAGATION_CODES:
            raise
        return None
    return found.registration_state


async def _register(context: Context, report: StepReport, missing: Sequence[str]) -> None:
    """Begin to register providers; tell of all that this identity may not register."""
    outcomes = await asyncio.gather(*(_begin(context, report, provider) for provider in missing))
    refusals = {provider: error for provider, error in zip(missing, outcomes, strict=True) if error}
    if not refusals:
        return
    subscription = context.azure.subscription
    commands = [f"az provider register --subscription {subscription} --namespace {each}" for each in refusals]
    raise PreflightError(
        f"The subscription has not registered {', '.join(refusals)}, and this identity may not do it.",
        cause=f"Azure says: {next(iter(refusals.values())).message}",
        suggestion="An Owner or Contributor of the subscription has to run this once, then start again:\n"
        + "\n".join(commands),
    )


async def _begin(context: Context, report: StepReport, provider: str) -> AzureError | None:
    """Begin to register a provider; return the refusal where the rights are missing."""
    providers = context.azure.resources.providers
    try:
        await with_retries(
            report, f"register {provider}", lambda: providers.register(provider), rights_may_come=False
        )
    except AzureError as error:
        if error.code not in PROPAGATION_CODES:
            raise
        return error
    return None


async def _await_registered(context: Context, report: StepReport, providers: Sequence[str]) -> None:
    async def look() -> bool | Pending:
        states = await asyncio.gather(*(_registration_state(context, report, each) for each in providers))
        waited = [each for each, state in zip(providers, states, strict=True) if state != REGISTERED]
        return Pending(", ".join(waited)) if waited else True

    def show(waited: str) -> None:
        report.progress(f"waiting until Azure has registered {waited}")

    try:
        await wait_until(look, show, limit=REGISTRATION_LIMIT, every=LOOK_EVERY)
    except TimeLimitExceededError as late:
        raise PreflightError(
            f"Azure has not finished registering {late.pending.message} for the subscription.",
            suggestion="Look at it in the portal (Subscription, Resource providers), then start again.",
            retryable=True,
        ) from None
