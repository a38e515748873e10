"""Resource Manager, composed: the kernel with its providers, as an ASGI app for management.azure.com."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.routing import Route

from sandbox.azure.resource_manager.core.backends import Backends
from sandbox.azure.resource_manager.core.ids import subscription_id
from sandbox.azure.resource_manager.core.kernel import Kernel
from sandbox.azure.resource_manager.core.roles import role_by_name
from sandbox.azure.resource_manager.http import FrontDoor
from sandbox.azure.resource_manager.providers import (
    authorization,
    compute,
    container_instance,
    managed_identity,
    network,
    resources,
    storage,
)
from sandbox.azure.resource_manager.providers.container_registry import provider as container_registry
from sandbox.azure.resource_manager.providers.container_service import provider as container_service
from sandbox.azure.resource_manager.providers.deployments import provider as deployments
from sandbox.azure.resource_manager.providers.dns import provider as dns
from sandbox.azure.resource_manager.providers.dns.name_server import NameServer
from sandbox.azure.resource_manager.providers.managed_identity import federated_credentials
from sandbox.azure.resource_manager.providers.subscriptions import ALWAYS_REGISTERED, Subscription

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.types import ASGIApp

    from sandbox.azure.resource_manager.core.backends import (
        BlobStores,
        Clusters,
        Containers,
        Directory,
        Hosts,
        Principal,
    )
    from sandbox.azure.resource_manager.core.rights import Rights
    from sandbox.clock import Clock

SUBSCRIPTION_ID = "5ab0ca5e-0000-4000-8000-000000000001"
SUBSCRIPTION_NAME = "Sandbox"
# Another one of the same tenant, in which nobody has a role at first: what IT departments keep things in.
OTHER_SUBSCRIPTION_ID = "5ab0ca5e-0000-4000-8000-000000000002"
_METHODS = ["GET", "HEAD", "PUT", "PATCH", "POST", "DELETE"]
_PROVIDERS = (
    resources,
    deployments,
    authorization,
    managed_identity,
    storage,
    compute,
    network,
    dns,
    container_service,
    container_instance,
    container_registry,
)


class ResourceManager:
    """Azure Resource Manager on this machine.

    Args:
        directory: whose tokens are taken, and where identities are made.
        clock: how long things take.
        clusters: the control planes behind managed clusters.
        blob_stores: the blobs behind storage accounts.
        containers: the processes behind container groups.
        hosts: where registries put their own endpoints.
        unregistered: namespaces that the subscription has not registered at the start, in any case; None
            for all that Azure does not always register, as in a new subscription.

    Attributes:
        name_server: answers for the zones of Azure DNS.

    """

    def __init__(  # noqa: PLR0913 - one for each part of the sandbox it drives
        self,
        *,
        directory: Directory,
        clock: Clock,
        clusters: Clusters,
        blob_stores: BlobStores,
        containers: Containers,
        hosts: Hosts,
        unregistered: Iterable[str] | None = (),
    ) -> None:
        backends = Backends(directory, clock, clusters, blob_stores, containers, hosts)
        self._subscription = Subscription(SUBSCRIPTION_ID, SUBSCRIPTION_NAME, directory.tenant_id)
        other = Subscription(OTHER_SUBSCRIPTION_ID, f"{SUBSCRIPTION_NAME} (IT)", directory.tenant_id)
        self.kernel = Kernel(backends, (self._subscription, other))
        for module in _PROVIDERS:
            self.kernel.install(module.provider(self.kernel))
        _register_all_but(self.kernel, other, ())
        if unregistered is not None:
            _register_all_but(self.kernel, self._subscription, unregistered)
        self.name_server = NameServer(self.kernel)
        route = Route("/{path:path}", FrontDoor(self.kernel).answer, methods=_METHODS)
        self.app: ASGIApp = Starlette(routes=[route])

    @property
    def rights(self) -> Rights:
        """Who may do what; blob endpoints ask `rights.data_access`."""
        return self.kernel.rights

    def grant(self, principal: Principal, role: str, scope: str = "") -> None:
        """Give a role at once, without the time that an assignment takes to take effect.

        Args:
            principal: who gets it.
            role: its display name, "Contributor".
            scope: an id; the subscription by default.

        """
        self.rights.assign(principal, role_by_name(role), scope or str(subscription_id(SUBSCRIPTION_ID)))

    def federated_credentials(self, client_id: str) -> list[dict[str, Any]]:
        """Return issuer, subject and audiences of whoever may act as a managed identity."""
        return federated_credentials(self.kernel.state, client_id)

    def dump(self) -> dict[str, Any]:
        """All that exists and all that was asked for, without any secret."""
        kernel = self.kernel
        return {
            "subscriptions": [
                {**each.shown(), "registrations": dict(each.registrations)}
                for each in kernel.subscriptions.values()
            ],
            "resources": [kernel.type_named(each.id.type).show(each) for each in kernel.state],
            "activity": list(kernel.activity.records),
        }

    async def close(self) -> None:
        """End the operations that still run."""
        await self.kernel.operations.close()


def _register_all_but(kernel: Kernel, subscription: Subscription, unregistered: Iterable[str]) -> None:
    left_out = {namespace.lower() for namespace in unregistered}
    for provider in kernel.providers.values():
        if provider.namespace not in ALWAYS_REGISTERED and provider.namespace.lower() not in left_out:
            subscription.registrations[provider.namespace] = "Registered"
