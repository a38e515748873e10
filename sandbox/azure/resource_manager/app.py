"""Composes Resource Manager: services, providers and the ASGI application for management.azure.com."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.routing import Route

from sandbox.azure.resource_manager.core.catalog import Catalog
from sandbox.azure.resource_manager.core.host import ResourceProviderHost
from sandbox.azure.resource_manager.core.ids import subscription_id
from sandbox.azure.resource_manager.core.locks import Locks
from sandbox.azure.resource_manager.core.operations import Operations
from sandbox.azure.resource_manager.core.policies import Policies
from sandbox.azure.resource_manager.core.resource_lists import ResourceLists
from sandbox.azure.resource_manager.core.rights import Rights
from sandbox.azure.resource_manager.core.roles import role_by_name
from sandbox.azure.resource_manager.core.services import Services
from sandbox.azure.resource_manager.core.state import State
from sandbox.azure.resource_manager.core.subscription import ALWAYS_REGISTERED, Subscription, Subscriptions
from sandbox.azure.resource_manager.http import HttpFrontend
from sandbox.azure.resource_manager.providers import (
    authorization,
    compute,
    governance,
    managed_identity,
    network,
    resources,
)
from sandbox.azure.resource_manager.providers.container_instance import provider as container_instance
from sandbox.azure.resource_manager.providers.container_registry import provider as container_registry
from sandbox.azure.resource_manager.providers.container_service import provider as container_service
from sandbox.azure.resource_manager.providers.deployments import provider as deployments
from sandbox.azure.resource_manager.providers.dns import provider as dns
from sandbox.azure.resource_manager.providers.dns.name_server import NameServer
from sandbox.azure.resource_manager.providers.logic import provider as logic
from sandbox.azure.resource_manager.providers.logic.workflows import Workflows
from sandbox.azure.resource_manager.providers.storage import provider as storage
from sandbox.azure.resource_manager.providers.storage.accounts import is_reachable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.types import ASGIApp

    from sandbox.azure.container_instances import Containers
    from sandbox.azure.identity.directory import Directory, Principal
    from sandbox.azure.storage.blob_stores import BlobStores
    from sandbox.clock import Clock
    from sandbox.clusters.clusters import Clusters
    from sandbox.network.hosts import Hosts

SUBSCRIPTION_ID = "5ab0ca5e-0000-4000-8000-000000000001"
SUBSCRIPTION_NAME = "Sandbox"
# Of the same tenant; nobody has a role in it at first. IT departments keep identities and DNS zones in such.
OTHER_SUBSCRIPTION_ID = "5ab0ca5e-0000-4000-8000-000000000002"
_METHODS = ["GET", "HEAD", "PUT", "PATCH", "POST", "DELETE"]
_PROVIDERS = (
    resources,
    authorization,
    governance,
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
        directory: the principals, whose tokens are accepted.
        clock: how long Azure takes.
        clusters: the control planes of managed clusters.
        blob_stores: the blobs of storage accounts.
        containers: the processes of container groups.
        hosts: where registries are served.
        unregistered: namespaces that the subscription has not registered at the start; None for all that
            a new subscription has not registered.

    Attributes:
        host: handles the requests.
        app: the ASGI application.
        rights: who may do what.
        lists: the resources as lists of all types show them.
        name_server: answers for the zones of Azure DNS.

    """

    def __init__(  # noqa: PLR0913 - the parts of the sandbox behind it
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
        state = State()
        self.rights = Rights(state)
        self.lists = ResourceLists(state, clock)
        self.subscription = Subscription(SUBSCRIPTION_ID, SUBSCRIPTION_NAME, directory.tenant_id)
        other = Subscription(OTHER_SUBSCRIPTION_ID, f"{SUBSCRIPTION_NAME} (IT)", directory.tenant_id)
        services = Services(
            state=state,
            lists=self.lists,
            rights=self.rights,
            locks=Locks(state),
            policies=Policies(state),
            operations=Operations(),
            subscriptions=Subscriptions([self.subscription, other]),
            directory=directory,
            clock=clock,
            clusters=clusters,
            blob_stores=blob_stores,
            containers=containers,
            hosts=hosts,
        )
        self.host = ResourceProviderHost(services, _install(services))
        # A deployment creates its resources by requests to the host, so this provider comes after it.
        self.host.catalog.install(deployments.provider(self.host))
        route = Route("/{path:path}", HttpFrontend(self.host).answer, methods=_METHODS)
        self.app: ASGIApp = Starlette(routes=[route])
        # Workflows send their requests to Resource Manager, as any client does.
        self._workflows = Workflows(services, self.host.catalog, self.app)
        self.host.catalog.install(logic.provider(self.host.catalog, self._workflows))
        self._register_all_but((), other)
        if unregistered is not None:
            self._register_all_but(unregistered, self.subscription)
        self.name_server = NameServer(state)

    def grant(self, principal: Principal, role: str, scope: str = "") -> None:
        """Assign a role that is in effect at once.

        Args:
            principal: who gets it.
            role: its display name, "Contributor".
            scope: an id; the subscription by default.

        """
        self.rights.assign(principal, role_by_name(role), scope or str(subscription_id(SUBSCRIPTION_ID)))

    def federated_credentials(self, client_id: str) -> list[dict[str, Any]]:
        """Return issuer, subject and audiences of each external identity that may act as an identity."""
        return managed_identity.federated_credentials(self.host.services.state, client_id)

    def blobs_are_public(self, account: str) -> bool:
        """Return whether the blobs of a storage account can be reached from the public network."""
        return is_reachable(self.host.services.state, account)

    def dump(self) -> dict[str, Any]:
        """Return all that exists and all changes that were asked for, without any secret."""
        services, catalog = self.host.services, self.host.catalog
        return {
            "subscriptions": [
                {**each.shown(), "registrations": dict(each.registrations)} for each in services.subscriptions
            ],
            "resources": [catalog.type_of(each.id).show(each) for each in services.state],
            "activity": list(self.host.activity_log.records),
        }

    async def close(self) -> None:
        """Cancel the workflows and operations that still run."""
        await self._workflows.close()
        await self.host.services.operations.close()

    def _register_all_but(self, unregistered: Iterable[str], subscription: Subscription) -> None:
        left_out = {namespace.lower() for namespace in unregistered}
        for provider in self.host.catalog.providers():
            if provider.namespace not in ALWAYS_REGISTERED and provider.namespace.lower() not in left_out:
                subscription.registrations[provider.namespace] = "Registered"


def _install(services: Services) -> Catalog:
    """Return a catalog with all providers that need only the services."""
    catalog = Catalog(services.state)
    for module in _PROVIDERS:
        catalog.install(module.provider(services, catalog))
    return catalog
