"""Resource providers: a subscription must be registered with each one before it can create anything of it."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import TYPE_CHECKING

from deployer.azure.operations import PROPAGATION_CODES, ask
from deployer.errors import AzureError, PreflightError
from deployer.settings import ContainerRegistry

if TYPE_CHECKING:
    from deployer.context import Context
    from deployer.settings import Settings
    from deployer.workflow import StepReport

REGISTERED = "Registered"

# Registration takes a minute or two; a provider that is still not there after this is stuck; seconds.
REGISTRATION_PATIENCE = 900.0
LOOK_EVERY = 5.0


def needed_providers(settings: Settings) -> tuple[str, ...]:
    """List the providers of everything that a deployment creates."""
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
    """Register the providers that are not registered yet; go on where the rights don't allow a look."""
    outcomes = await asyncio.gather(
        *(_ensure_provider(context, report, provider) for provider in needed_providers(context.settings))
    )
    changed = [provider for provider in outcomes if provider]
    return f"registered {', '.join(changed)}" if changed else "nothing to register"


async def _ensure_provider(context: Context, report: StepReport, provider: str) -> str | None:
    """Return the provider's name where it had to be registered."""
    state = await _look(context, report, provider)
    if state is None or state == REGISTERED:
        return None
    await _register(context, report, provider)
    started = monotonic()
    while await _look(context, report, provider) != REGISTERED:
        if monotonic() - started > REGISTRATION_PATIENCE:
            raise PreflightError(
                f"Azure has not finished registering {provider} for the subscription.",
                suggestion="Look at it in the portal (Subscription, Resource providers), then start again.",
                retryable=True,
            )
        report.progress(f"waiting for Azure to register {provider}")
        await asyncio.sleep(LOOK_EVERY)
    return provider


async def _look(context: Context, report: StepReport, provider: str) -> str | None:
    """Return the registration's state, None where this identity may not see it."""
    providers = context.azure.resources.providers
    try:
        found = await ask(
            report, f"look at {provider}", lambda: providers.get(provider), rights_may_come=False
        )
    except AzureError as error:
        if error.code not in PROPAGATION_CODES:
            raise
        report.progress(f"could not look whether {provider} is registered (no right on the subscription)")
        return None
    return found.registration_state


async def _register(context: Context, report: StepReport, provider: str) -> None:
    providers = context.azure.resources.providers
    try:
        await ask(report, f"register {provider}", lambda: providers.register(provider), rights_may_come=False)
    except AzureError as error:
        if error.code not in PROPAGATION_CODES:
            raise
        raise PreflightError(
            f"The subscription is not registered with {provider}, and this identity may not register it.",
            cause=f"Azure says: {error.message}",
            suggestion="Somebody with rights on the subscription registers it once: portal, Subscription, "
            f"Resource providers, {provider}, Register.",
        ) from None
