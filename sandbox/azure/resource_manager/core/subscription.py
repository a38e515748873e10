"""Subscriptions: their quotas, and which resource providers they have registered."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.azure.resource_manager.core import errors

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# Cores that a new pay-as-you-go subscription has in each region.
DEFAULT_CORE_LIMIT = 10
DEFAULT_ADDRESS_LIMIT = 1000
ALWAYS_REGISTERED = ("Microsoft.Resources", "Microsoft.Authorization")


@dataclass
class Subscription:
    """A subscription.

    Attributes:
        id: its GUID.
        name: its display name.
        tenant_id: the directory that it trusts.
        registrations: provider namespace -> "Registered", "Registering" or "NotRegistered", which is also the
            state of a namespace that is missing.
        core_limit: quota of cores in each region.
        family_limits: quotas of VM families that have less than the region.
        address_limit: quota of public IP addresses in each region; free trials have 3.

    """

    id: str
    name: str
    tenant_id: str
    registrations: dict[str, str] = field(default_factory=dict)
    core_limit: int = DEFAULT_CORE_LIMIT
    family_limits: dict[str, int] = field(default_factory=dict)
    address_limit: int = DEFAULT_ADDRESS_LIMIT

    def family_core_limit(self, family: str) -> int:
        """Return the quota of cores of a VM family in each region."""
        return self.family_limits.get(family, self.core_limit)

    def registration(self, namespace: str) -> str:
        """Return the registration state of a resource provider."""
        if namespace in ALWAYS_REGISTERED:
            return "Registered"
        return self.registrations.get(namespace, "NotRegistered")

    def register(self, namespace: str, seconds: float) -> None:
        """Begin to register a resource provider, which takes some time; do nothing if it has begun."""
        if self.registration(namespace) != "NotRegistered":
            return
        self.registrations[namespace] = "Registering"
        loop = asyncio.get_running_loop()
        loop.call_later(seconds, self.registrations.__setitem__, namespace, "Registered")

    def shown(self) -> dict[str, Any]:
        """Return the subscription as a GET shows it."""
        return {
            "id": f"/subscriptions/{self.id}",
            "authorizationSource": "RoleBased",
            "managedByTenants": [],
            "subscriptionId": self.id,
            "tenantId": self.tenant_id,
            "displayName": self.name,
            "state": "Enabled",
            "subscriptionPolicies": {
                "locationPlacementId": "Public_2014-09-01",
                "quotaId": "PayAsYouGo_2014-09-01",
                "spendingLimit": "Off",
            },
        }


def register_action(namespace: str) -> str:
    """Return the permission to register a resource provider, which is needed on the subscription."""
    return f"{namespace}/register/action"


class Subscriptions:
    """The subscriptions that exist.

    Args:
        subscriptions: all of them.

    """

    def __init__(self, subscriptions: Iterable[Subscription]) -> None:
        self._subscriptions = {each.id.lower(): each for each in subscriptions}

    def __iter__(self) -> Iterator[Subscription]:
        return iter(self._subscriptions.values())

    def get(self, subscription: str) -> Subscription:
        """Return the subscription with a GUID.

        Raises:
            ArmError: SubscriptionNotFound.

        """
        if subscription.lower() not in self._subscriptions:
            raise errors.subscription_not_found(subscription)
        return self._subscriptions[subscription.lower()]
