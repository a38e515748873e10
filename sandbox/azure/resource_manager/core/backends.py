"""What Resource Manager asks of the rest of the sandbox: people, clusters, blobs, containers, hosts.

Protocols, so that the providers here can be read and tested without a control plane or Azurite.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from starlette.types import ASGIApp

    from sandbox.clock import Clock
    from sandbox.clusters.spec import ClusterSpec, NodePool


class Principal(Protocol):
    """Somebody with a token: a person ("User") or an application, managed identities included."""

    @property
    def object_id(self) -> str:
        """The object id: what roles are assigned to."""

    @property
    def client_id(self) -> str:
        """The application's id."""

    @property
    def tenant_id(self) -> str:
        """The directory it belongs to."""

    @property
    def kind(self) -> str:
        """What it is, "User" or "ServicePrincipal"."""

    @property
    def name(self) -> str:
        """Its display name."""


class Directory(Protocol):
    """The tenant's people and applications (sandbox.azure.identity)."""

    @property
    def tenant_id(self) -> str:
        """The tenant's id."""

    def add_managed_identity(self, name: str) -> Principal:
        """Make the principal of a new managed identity."""

    def remove(self, object_id: str) -> None:
        """Take a principal out of the directory."""

    def by_object_id(self, object_id: str) -> Principal | None:
        """The principal with this object id."""

    def principal_of(self, bearer_token: str) -> Principal | None:
        """Whose token this is; None for one that isn't valid (any more)."""


class Cluster(Protocol):
    """One running control plane (sandbox.clusters)."""

    @property
    def spec(self) -> ClusterSpec:
        """What it was made of."""

    def kubeconfig(self) -> str:
        """A kubeconfig (YAML) with the cluster administrator's client certificate."""

    async def set_pools(self, pools: tuple[NodePool, ...]) -> None:
        """Have these node pools and no others."""

    async def stop(self) -> None:
        """Deallocate: no API, no nodes; what etcd holds stays."""

    async def start(self) -> None:
        """Come back with what etcd held."""

    async def delete(self) -> None:
        """End it for good."""


class Clusters(Protocol):
    """All control planes."""

    async def create(self, spec: ClusterSpec) -> Cluster:
        """Start a control plane; returns when its API answers."""

    def get(self, fqdn: str) -> Cluster | None:
        """The cluster whose API has this host name."""

    def holder_of_label(self, location: str, label: str) -> object | None:
        """Who holds a DNS label in a region: anything but None means taken."""


class BlobStores(Protocol):
    """The blob endpoints of the storage accounts (sandbox.azure.storage)."""

    async def create_account(self, name: str, location: str) -> None:
        """Serve `<name>.blob.core.windows.net`."""

    async def delete_account(self, name: str) -> None:
        """Stop serving an account and forget its blobs."""

    async def create_container(self, account: str, name: str) -> None:
        """Make a blob container."""

    async def set_static_website(self, account: str, index: str, error_document: str, enabled: bool) -> None:  # noqa: FBT001 - the storage part's signature
        """Switch the account's static site on or off."""


@dataclass(frozen=True)
class ContainerSpec:
    """What a container group runs: the first container of the group, as its runtime needs it.

    Args:
        name: the container's name.
        image: the image's reference (noted; the sandbox runs the checkout).
        command: the command that replaces the image's own, empty for the image's.
        environment: all variables, secure ones included.
        restart_policy: "Always", "OnFailure" or "Never".
        identities: client ids of the attached user-assigned identities.

    """

    name: str
    image: str
    command: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    restart_policy: str = "Always"
    identities: tuple[str, ...] = ()


class ContainerState(Protocol):
    """How a container's process is doing."""

    @property
    def state(self) -> str:
        """How it is, "Running" or "Terminated"."""

    @property
    def exit_code(self) -> int | None:
        """The exit status, once terminated."""

    @property
    def restart_count(self) -> int:
        """How often the restart policy started it again."""

    @property
    def started(self) -> datetime:
        """When its process was last started."""

    @property
    def finished(self) -> datetime | None:
        """When that process ended, once terminated."""


class Containers(Protocol):
    """The runtime of the container groups (sandbox.azure.container_instances)."""

    async def start(self, group_id: str, spec: ContainerSpec) -> None:
        """Start the group's process; returns as soon as it runs."""

    def state(self, group_id: str) -> ContainerState | None:
        """How the group's process is doing, None for an unknown group."""

    async def stop(self, group_id: str) -> None:
        """End the group's process."""

    def log(self, group_id: str) -> str:
        """What the process wrote so far."""


class Hosts(Protocol):
    """Who answers which host name (sandbox.network)."""

    def serve(self, host: str, app: ASGIApp) -> None:
        """Let `app` answer `host`."""

    def forget(self, host: str) -> None:
        """Stop answering `host`."""


@dataclass(frozen=True)
class Backends:
    """All of them, handed to every provider."""

    directory: Directory
    clock: Clock
    clusters: Clusters
    blob_stores: BlobStores
    containers: Containers
    hosts: Hosts
