"""Every name that the deployer gives: what Azure, Kubernetes and Helm call the parts of one hub.

Pure: the same settings give the same names, which is how a later run finds what an earlier one made.
Names that only this subscription sees carry the hub's name; names that all of Azure shares carry a hash too.
"""

from __future__ import annotations

import re
from base64 import b32encode
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from deployer.errors import Problem, SettingsError

if TYPE_CHECKING:
    from deployer.settings import Settings

CREATED_BY = "binderhub-deployer"
NAME_TAG = "binderhub-name"
CREATED_BY_TAG = "binderhub-created-by"
OWN_LABEL = {"app.kubernetes.io/managed-by": CREATED_BY}
PUBLIC_SUFFIX = "cloudapp.azure.com"

# What the parts of HTTPS are called in the cluster, which is this hub's alone: release and namespace alike.
INGRESS = "ingress"
CERT_MANAGER = "cert-manager"
INGRESS_CLASS = "traefik"
# Services of Traefik's chart in the release above: the first carries the load balancer's own name.
TRAEFIK_SERVICE = "ingress-traefik"
TRAEFIK_HUB_SERVICE = "ingress-traefik-hub"
CERTIFICATE = "binderhub"
TLS_SECRET = "binderhub-tls"  # noqa: S105 - the name of a Secret

HASH_LENGTH = 8
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class HubNames:
    """Names of one hub.

    Attributes:
        hub: the hub's name, a DNS label.
        cluster: managed cluster (1-63 characters).
        dns_prefix: start of the cluster's API address (1-54).
        node_resource_group: group that AKS makes for the nodes (1-80).
        registry: container registry (5-50 letters and digits, unique in Azure).
        registry_project: first part of the images' names in that registry; the token's rights end there.
        scope_map: rights of the registry's token (5-50).
        registry_token: the registry's token, also its user name (5-50).
        release: Helm release (1-53).
        namespace: Kubernetes namespace of the release (1-63).
        binder_label: DNS label of BinderHub's address (3-63), unique in the region.
        hub_label: DNS label of JupyterHub's address (3-63), unique in the region.
        binder_host: host name of BinderHub.
        hub_host: host name of JupyterHub.
        binder_url: BinderHub's page.
        hub_url: JupyterHub's address.
        cname_target: what an own domain's records point to: the load balancer's own name.
        tags: tags of every resource, the user's and ours.

    """

    hub: str
    cluster: str
    dns_prefix: str
    node_resource_group: str
    registry: str
    registry_project: str
    scope_map: str
    registry_token: str
    release: str
    namespace: str
    binder_label: str
    hub_label: str
    binder_host: str
    hub_host: str
    binder_url: str
    hub_url: str
    cname_target: str
    tags: dict[str, str]

    @property
    def cnames(self) -> dict[str, str]:
        """The records of an own domain: each host name, and what it stands for; none at Azure's own names."""
        hosts = (self.binder_host, self.hub_host)
        return {host: self.cname_target for host in hosts if not host.endswith(f".{PUBLIC_SUFFIX}")}

    def cname_lines(self) -> list[str]:
        """Return these records as a zone file has them, for whoever runs the domain's DNS."""
        return [f"{host}. CNAME {target}." for host, target in self.cnames.items()]


def derive_names(settings: Settings) -> HubNames:
    """Return the names of the hub that `settings` describe.

    Raises:
        SettingsError: when the subscription's id or the region is not known yet; see `Settings.resolved`.

    """
    _require_resolved(settings)
    hub = settings.binderhub_name
    scheme = "https" if settings.https else "http"
    binder_host, hub_host, cname_target = _hosts(settings)
    images = shortened(f"{hub}-images", 50)
    return HubNames(
        hub=hub,
        cluster=hub,
        dns_prefix=shortened(hub, 54),
        node_resource_group=shortened(f"{settings.resource_group_name}-{hub}-nodes", 80),
        registry=settings.registry_name or _unique_registry(settings),
        registry_project=hub,
        scope_map=images,
        registry_token=images,
        release=shortened(hub, 53),
        namespace=hub,
        binder_label=hub,
        hub_label=f"{hub}-hub",
        binder_host=binder_host,
        hub_host=hub_host,
        binder_url=f"{scheme}://{binder_host}",
        hub_url=f"{scheme}://{hub_host}",
        cname_target=cname_target,
        tags={**settings.tags, **our_tags(hub)},
    )


def our_tags(hub: str) -> dict[str, str]:
    """Return the tags by which teardown knows what the deployer made for `hub`."""
    return {NAME_TAG: hub, CREATED_BY_TAG: CREATED_BY}


def shortened(name: str, longest: int) -> str:
    """Return `name` within `longest` characters; the end of a longer one is replaced by its hash."""
    if len(name) <= longest:
        return name
    return f"{name[: longest - HASH_LENGTH - 1].rstrip('-.')}-{_hash(name)}"


def _hosts(settings: Settings) -> tuple[str, str, str]:
    """Return the host names of BinderHub, JupyterHub and the load balancer."""
    hub, region = settings.binderhub_name, settings.resource_group_location
    own_name = f"{hub}.{region}.{PUBLIC_SUFFIX}"
    if settings.https and settings.domain_name:
        return f"binder.{settings.domain_name}", f"hub.{settings.domain_name}", own_name
    return own_name, f"{hub}-hub.{region}.{PUBLIC_SUFFIX}", own_name


def _unique_registry(settings: Settings) -> str:
    """Return a registry's name that no other hub derives: subscription, group and hub are in its hash."""
    hub = settings.binderhub_name
    place = f"{settings.azure_subscription}/{settings.resource_group_name}/{hub}".lower()
    return f"{re.sub('[^a-z0-9]', '', hub)[: 50 - HASH_LENGTH]}{_hash(place)}"


def _hash(text: str) -> str:
    """Return a short hash of lower-case letters and digits; 40 bits are enough for the hubs there are."""
    return b32encode(sha256(text.encode()).digest()).decode().lower()[:HASH_LENGTH]


def _require_resolved(settings: Settings) -> None:
    unknown = []
    if not _GUID.fullmatch(settings.azure_subscription or ""):
        unknown.append("AZURE_SUBSCRIPTION")
    if settings.resource_group_location is None:
        unknown.append("RESOURCE_GROUP_LOCATION")
    if unknown:
        rule = "is not known yet, and names derive from it."
        raise SettingsError([Problem(name, None, rule, "Set it.") for name in unknown])
