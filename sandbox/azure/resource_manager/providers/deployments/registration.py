"""Registers the providers of a template's resources: Azure does that for whoever has the permission.

Source: "Azure resource providers and types", which says so of template deployments only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.azure.resource_manager.core.errors import missing_registration
from sandbox.azure.resource_manager.core.ids import ResourceId, subscription_id
from sandbox.azure.resource_manager.core.subscription import register_action

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.azure.identity.directory import Principal
    from sandbox.azure.resource_manager.core.host import ResourceProviderHost
    from sandbox.azure.resource_manager.providers.deployments.engine import TemplateRun

MISSING = "MissingSubscriptionRegistration"


def check_registrations(host: ResourceProviderHost, principal: Principal, run: TemplateRun) -> None:
    """Check that every provider of the template is registered, or that the principal may register it.

    Raises:
        ArmError: MissingSubscriptionRegistration, with one detail for each provider.

    """
    refused = [
        namespace
        for subscription, namespace in _unregistered(host, run)
        if not host.services.rights.allows(
            principal, register_action(namespace), str(subscription_id(subscription))
        )
    ]
    if refused:
        raise missing_registration(*refused)


def register_providers(host: ResourceProviderHost, run: TemplateRun) -> None:
    """Register the providers of the template at once: a deployment waits until they can be used."""
    for subscription, namespace in _unregistered(host, run):
        host.services.subscriptions.get(subscription).registrations[namespace] = "Registered"


def _unregistered(host: ResourceProviderHost, run: TemplateRun) -> Iterator[tuple[str, str]]:
    """Yield subscription and namespace of each provider that is not registered."""
    ids = [ResourceId.parse(one.id) for one in run.resources]
    named = {(one.subscription or "", host.catalog.provider(one.namespace).namespace): None for one in ids}
    for subscription, namespace in named:
        if (
            subscription
            and host.services.subscriptions.get(subscription).registration(namespace) != "Registered"
        ):
            yield subscription, namespace
