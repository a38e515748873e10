"""Registers the providers that a template names: Azure does that for whoever has the right to.

Source: "Azure resource providers and types", which says so of templates and of nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.azure.resource_manager.core.errors import missing_registration
from sandbox.azure.resource_manager.core.ids import ResourceId, subscription_id
from sandbox.azure.resource_manager.providers.subscriptions import register_action

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.azure.resource_manager.core.backends import Principal
    from sandbox.azure.resource_manager.core.kernel import Kernel
    from sandbox.azure.resource_manager.providers.deployments.engine import TemplateRun

MISSING = "MissingSubscriptionRegistration"


def demand_registration(kernel: Kernel, principal: Principal, run: TemplateRun) -> None:
    """Refuse a template with providers that are not registered and that the principal may not register.

    Raises:
        ArmError: MissingSubscriptionRegistration, with one detail for each provider.

    """
    refused = [
        namespace
        for subscription, namespace in _unregistered(kernel, run)
        if not kernel.rights.allows(principal, register_action(namespace), str(subscription_id(subscription)))
    ]
    if refused:
        raise missing_registration(*refused)


def register_providers(kernel: Kernel, run: TemplateRun) -> None:
    """Register the providers of a template at once: a deployment waits until they can be used."""
    for subscription, namespace in _unregistered(kernel, run):
        kernel.subscription(subscription).registrations[namespace] = "Registered"


def _unregistered(kernel: Kernel, run: TemplateRun) -> Iterator[tuple[str, str]]:
    """Yield subscription and namespace of each provider that is to be registered, in the template's order."""
    resources = [ResourceId.parse(one.id) for one in run.resources]
    named = dict.fromkeys(
        (one.subscription or "", kernel.provider(one.namespace).namespace) for one in resources
    )
    for subscription, namespace in named:
        if subscription and kernel.subscription(subscription).registration(namespace) != "Registered":
            yield subscription, namespace
