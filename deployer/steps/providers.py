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
    from deployer.progress.report import StepReport
    from deployer.run.context import Context
    from deployer.settings import Settings

REGISTERED = "Registered"

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
    if settings.container_registry is ContainerRegistry.AZURECR:
        return (*always, "Microsoft.ContainerRegistry")
    return always


async def ensure_providers(context: Context, report: StepReport) -> str:
    """Register missing providers; go on where the rights do not allow to look."""
    outcomes = await asyncio.gather(
        *(_ensure_provider(context, report, provider) for provider in needed_providers(context.settings))
    )
    changed = [provider for provider in outcomes if provider]
    return f"registered {', '.join(changed)}" if changed else "nothing to register"


async def _ensure_provider(context: Context, report: StepReport, provider: str) -> str | None:
    """Return the name of the provider if this run registered it."""
    state = await _registration_state(context, report, provider)
    if state is None or state == REGISTERED:
        return None
    await _register(context, report, provider)

    async def look() -> str | Pending:
        if await _registration_state(context, report, provider) == REGISTERED:
            return provider
        return Pending(f"waiting until Azure has registered {provider}")

    try:
        return await wait_until(look, report.progress, limit=REGISTRATION_LIMIT, every=LOOK_EVERY)
    except TimeLimitExceededError:
        raise PreflightError(
            f"Azure has not finished registering {provider} for the subscription.",
            suggestion="Look at it in the portal (Subscription, Resource providers), then start again.",
            retryable=True,
        ) from None


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
        report.progress(f"cannot see whether {provider} is registered (no rights on the subscription)")
        return None
    return found.registration_state


async def _register(context: Context, report: StepReport, provider: str) -> None:
    providers = context.azure.resources.providers
    try:
        await with_retries(
            report, f"register {provider}", lambda: providers.register(provider), rights_may_come=False
        )
    except AzureError as error:
        if error.code not in PROPAGATION_CODES:
            raise
        raise PreflightError(
            f"The subscription is not registered with {provider}, and this identity may not register it.",
            cause=f"Azure says: {error.message}",
            suggestion="An administrator of the subscription has to register it once: portal, Subscription, "
            f"Resource providers, {provider}, Register.",
        ) from None
