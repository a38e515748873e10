"""The table of fault cells: which request of a deployment fails, and how.

A cell is one request and one kind of failure, once. A deployment with one cell takes half a minute, so cells
are packed: a deployment meets several of them, in requests that do not follow each other. When it is done,
each of them has been survived; when it is not, its cells are tried one by one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ARM = "management.azure.com"
CLUSTER = r".*\.hcp\..*\.azmk8s\.io"
BLOBS = r".*\.blob\.core\.windows\.net"
GROUP = r"(?i:/resourceGroups/[^/]+)"


@dataclass(frozen=True)
class Target:
    """A request of a deployment.

    Attributes:
        name: for people.
        host: regular expression for the host name.
        path: regular expression for the path.
        method: of the request.
        skip: how many such requests come before it.

    """

    name: str
    host: str
    path: str
    method: str = "GET"
    skip: int = 0


@dataclass(frozen=True)
class Failure:
    """A way in which a request fails: the fields of a fault without its request."""

    name: str
    fields: Mapping[str, Any] = field(hash=False)


@dataclass(frozen=True)
class Cell:
    """One request that fails in one way, once."""

    target: Target
    failure: Failure

    @property
    def name(self) -> str:
        """The name for people."""
        return f"{self.target.name}: {self.failure.name}"

    def fault(self) -> dict[str, Any]:
        """Return the fault as the sandbox takes it."""
        target = self.target
        return {
            "host": target.host,
            "path": target.path,
            "method": target.method,
            "skip": target.skip,
        } | dict(self.failure.fields)


TARGETS = (
    # Identity
    Target("token of the service principal", "login.microsoftonline.com", "/token", "POST"),
    # Resource Manager
    Target("find the group", ARM, rf"{GROUP}\?"),
    Target("create the group", ARM, rf"{GROUP}\?", "PUT"),
    Target("list container groups", ARM, rf"{GROUP}/resources\b"),
    Target("look at a provider", ARM, r"/providers/Microsoft\.Compute\?"),
    Target("find the registry", ARM, r"/registries/[^/]+\?"),
    Target("create the registry", ARM, r"/registries/[^/]+\?", "PUT"),
    # The client reads the registry itself when its creation has ended; the step reads it after that.
    Target("read the login server", ARM, r"/registries/[^/]+\?", skip=2),
    Target("create the scope map", ARM, r"/scopeMaps/[^/]+\?", "PUT"),
    Target("create the token", ARM, r"/tokens/[^/]+\?", "PUT"),
    Target("create a password", ARM, r"/generateCredentials\?", "POST"),
    Target("find the cluster", ARM, r"/managedClusters/[^/]+\?"),
    Target("create the cluster", ARM, r"/managedClusters/[^/]+\?", "PUT"),
    Target("poll the cluster", ARM, r"/Microsoft\.ContainerService/.*/operations/"),
    Target("fetch the kubeconfig", ARM, r"/listClusterUserCredential", "POST"),
    # Registry and charts
    Target("log in to the registry", r".*\.azurecr\.io", "/oauth2/token"),
    Target("index of the chart repository", r"hub\.jupyter\.org", r"index\.yaml"),
    Target("package of BinderHub", r"hub\.jupyter\.org", r"\.tgz"),
    Target("manifest of Traefik", r"ghcr\.io", "/manifests/", "GET|HEAD"),
    Target("package of Traefik", r"ghcr\.io", "/blobs/"),
    Target("manifest of cert-manager", r"quay\.io", "/manifests/", "GET|HEAD"),
    Target("package of cert-manager", r"quay\.io", "/blobs/"),
    # The API of the cluster, by the deployer
    Target("version of the cluster", CLUSTER, r"/version"),
    Target("find a namespace", CLUSTER, r"/namespaces/ingress$"),
    Target("create a namespace", CLUSTER, r"/api/v1/namespaces$", "POST"),
    Target("create a network policy", CLUSTER, r"/networkpolicies$", "POST"),
    Target("lock the cluster", CLUSTER, r"/leases$", "POST"),
    Target("find a Service", CLUSTER, r"/namespaces/ingress/services/ingress-traefik$"),
    Target("create an issuer", CLUSTER, r"/clusterissuers$", "POST"),
    Target("create the certificate", CLUSTER, r"/certificates$", "POST"),
    Target("look at the certificate", CLUSTER, r"/certificates/binderhub$"),
    # The API of the cluster, by helm
    Target("read releases", CLUSTER, r"/secrets\?.*owner"),
    Target("write a release", CLUSTER, r"/secrets(\?|$)", "POST"),
    Target("install a Deployment", CLUSTER, r"/deployments", "POST|PATCH"),
    Target("install a Service", CLUSTER, r"/services", "POST|PATCH"),
    # Outputs
    Target("create the lock", BLOBS, r"lock\.json$", "PUT"),
    Target("take the lock", BLOBS, r"comp=lease", "PUT"),
    Target("write the values", BLOBS, r"/values\.yaml", "PUT"),
    Target("write the record", BLOBS, r"/deployment\.json", "PUT"),
    # The hub in public
    Target("answer of BinderHub", r".*\.cloudapp\.azure\.com", "/versions"),
    Target("answer of JupyterHub", r".*\.cloudapp\.azure\.com", "/hub/api"),
    Target("health of BinderHub", r".*\.cloudapp\.azure\.com", "/health"),
)

FAILURES = (
    Failure("500", {"kind": "status", "status": 500}),
    Failure("429", {"kind": "status", "status": 429, "headers": {"Retry-After": "1"}}),
    Failure("reset before the server acts", {"kind": "reset-before"}),
    Failure("reset after the server acted", {"kind": "reset-after"}),
    Failure("cut off", {"kind": "truncated"}),
    Failure("an HTML page", {"kind": "html", "status": 502}),
)


def all_cells() -> tuple[Cell, ...]:
    """Return every cell."""
    return tuple(Cell(target, failure) for failure in FAILURES for target in TARGETS)


def packed(size: int) -> Iterator[tuple[Cell, ...]]:
    """Yield every cell once, in packs of cells whose requests are far apart.

    Args:
        size: the most cells of a pack.

    """
    for failure in FAILURES:
        packs = -(-len(TARGETS) // size)
        for first in range(packs):
            # Neighbours in the table follow each other in a deployment, so that a pack takes every n-th.
            yield tuple(Cell(target, failure) for target in TARGETS[first::packs])
