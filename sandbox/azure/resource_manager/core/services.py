"""What resource providers work with, handed to each of them when it is created."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.azure.container_instances import Containers
    from sandbox.azure.identity.directory import Directory
    from sandbox.azure.resource_manager.core.locks import Locks
    from sandbox.azure.resource_manager.core.operations import Operations
    from sandbox.azure.resource_manager.core.policies import Policies
    from sandbox.azure.resource_manager.core.resource_lists import ResourceLists
    from sandbox.azure.resource_manager.core.rights import Rights
    from sandbox.azure.resource_manager.core.state import State
    from sandbox.azure.resource_manager.core.subscription import Subscriptions
    from sandbox.azure.storage.blob_stores import BlobStores
    from sandbox.clock import Clock
    from sandbox.clusters.clusters import Clusters
    from sandbox.network.hosts import Hosts


@dataclass(frozen=True)
class Services:
    """The services of Resource Manager, and the parts of the sandbox behind its resources.

    Attributes:
        state: the resources that exist.
        lists: the resources as lists of all types show them.
        rights: who may do what.
        locks: which scopes are locked.
        policies: what the organisation denies, and what it adds.
        operations: long-running operations.
        subscriptions: those that exist.
        directory: the tenant's principals.
        clock: how long Azure takes.
        clusters: the control planes of managed clusters.
        blob_stores: the blobs of storage accounts.
        containers: the processes of container groups.
        hosts: the host names that exist.

    """

    state: State
    lists: ResourceLists
    rights: Rights
    locks: Locks
    policies: Policies
    operations: Operations
    subscriptions: Subscriptions
    directory: Directory
    clock: Clock
    clusters: Clusters
    blob_stores: BlobStores
    containers: Containers
    hosts: Hosts
