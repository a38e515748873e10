"""Derives every name that the deployer uses in Azure, Kubernetes and Helm from the settings. Pure.

The same settings give the same names, which is how a later run finds what an earlier one created. Names
within the subscription contain the name of the hub; names that are unique in all of Azure also contain a
hash.
"""

from __future__ import annotations

import re
from base64 import b32encode
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from deployer.cloud import ADDRESS_SUFFIX
from deployer.errors import Problem, SettingsError
from deployer.settings.types.azure import is_guid
from deployer.settings.types.choices import Authentication
from deployer.settings.types.tags import CREATED_BY_TAG, NAME_TAG

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deployer.settings import Settings

CREATED_BY = "binderhub-deployer"
OWN_LABEL = {"app.kubernetes.io/managed-by": CREATED_BY}

# Names of both release and namespace. They need no hub name: a cluster belongs to one hub.
INGRESS = "ingress"
CERT_MANAGER = "cert-manager"
INGRESS_CLASS = "traefik"
# The Service of the chart of BinderHub.
BINDER_SERVICE = "binder"
# Services of the chart of Traefik in the release `ingress`; the first has the DNS label of BinderHub.
TRAEFIK_SERVICE = "ingress-traefik"
TRAEFIK_HUB_SERVICE = "ingress-traefik-hub"
STORAGE_CLASS = "binderhub"
CERTIFICATE = "binderhub"
TLS_SECRET = "binderhub-tls"  # noqa: S105 - the name of a Secret

HASH_LENGTH = 8


@dataclass(frozen=True)
class HubNames:
    """Names of one hub.

    Attributes:
        hub: name of the hub, a DNS label.
        cluster: managed cluster (1-63 characters).
        dns_prefix: start of the host name of the cluster's API (1-54).
        node_resource_group: group that AKS creates for the nodes (1-63): its name is a label of each node.
        registry: container registry (5-50 letters and digits, unique in Azure).
        registry_project: first part of the names of images in the registry; the token is limited to it.
        registry_token: token that pushes and pulls images, also its user name and its scope map (5-50).
        pull_token: token that only pulls images, also its user name and its scope map (5-50).
        release: Helm release (1-53).
        namespace: Kubernetes namespace of the release (1-63).
        binder_label: DNS label of the address of BinderHub (3-63), unique in the region.
        hub_label: DNS label of the address of JupyterHub (3-63), unique in the region.
        binder_host: host name of BinderHub.
        hub_host: host name of JupyterHub.
        binder_url: URL of BinderHub.
        hub_url: URL of JupyterHub.
        redirect_uri: where the identity provider sends visitors after they signed in; None without sign-in.
        cname_target: the name in Azure that the records of a custom domain point to.
        stop_workflow: workflow that stops the cluster on a schedule (1-43 letters, digits and dashes).
        start_workflow: workflow that starts it again.
        tags: tags of every resource: those of the user and those of the deployer.

    """

    hub: str
    cluster: str
    dns_prefix: str
    node_resource_group: str
    registry: str
    registry_project: str
    registry_token: str
    pull_token: str
    release: str
    namespace: str
    binder_label: str
    hub_label: str
    binder_host: str
    hub_host: str
    binder_url: str
    hub_url: str
    redirect_uri: str | None
    cname_target: str
    stop_workflow: str
    start_workflow: str
    tags: dict[str, str]

    @property
    def cnames(self) -> dict[str, str]:
        """The records of a custom domain, from each host name to its target; none without a domain."""
        hosts = (self.binder_host, self.hub_host)
        return {host: self.cname_target for host in hosts if not host.endswith(f".{ADDRESS_SUFFIX}")}

    @property
    def address_hosts(self) -> tuple[str, ...]:
        """The names in Azure of the public addresses: one for each site, or one for a custom domain."""
        return (self.cname_target,) if self.cnames else (self.binder_host, self.hub_host)

    def cname_lines(self) -> list[str]:
        """Return these records in the format of a zone file."""
        return [f"{host}. CNAME {target}." for host, target in self.cnames.items()]


def derive_names(settings: Settings) -> HubNames:
    """Return the names of the hub that `settings` describe.

    Raises:
        SettingsError: the id of the subscription or the region is not known yet; see `Settings.resolved`.

    """
    _require_resolved(settings)
    hub = settings.binderhub_name
    scheme = "https" if settings.https else "http"
    binder_host, hub_host, cname_target = _hosts(settings)
    hub_url = f"{scheme}://{hub_host}"
    return HubNames(
        hub=hub,
        cluster=hub,
        dns_prefix=shortened(hub, 54),
        # A group's name may be longer than a label and hold what no label may (Ü, parentheses): a hash.
        node_resource_group=shortened(f"{hub}-nodes-{_hash(settings.resource_group_name.lower())}", 63),
        registry=settings.registry_name or _unique_registry(settings),
        registry_project=hub,
        registry_token=shortened(f"{hub}-images", 50),
        pull_token=shortened(f"{hub}-pull", 50),
        release=shortened(hub, 53),
        namespace=hub,
        binder_label=hub,
        hub_label=f"{hub}-hub",
        binder_host=binder_host,
        hub_host=hub_host,
        binder_url=f"{scheme}://{binder_host}",
        hub_url=hub_url,
        redirect_uri=f"{hub_url}/hub/oauth_callback" if _signs_in(settings) else None,
        cname_target=cname_target,
        stop_workflow=shortened(f"{hub}-stop", 43),
        start_workflow=shortened(f"{hub}-start", 43),
        tags={**settings.tags, **our_tags(hub)},
    )


def our_tags(hub: str) -> dict[str, str]:
    """Return the tags that identify what the deployer created for a hub."""
    return {NAME_TAG: hub, CREATED_BY_TAG: CREATED_BY}


def carries_our_tags(tags: Mapping[str, str] | None, hub: str) -> bool:
    """Return whether tags are those that the deployer gives to what it creates for a hub."""
    return our_tags(hub).items() <= (tags or {}).items()


def shortened(name: str, longest: int) -> str:
    """Return `name`, or where it has more than `longest` characters, its start and its hash."""
    if len(name) <= longest:
        return name
    return f"{name[: longest - HASH_LENGTH - 1].rstrip('-.')}-{_hash(name)}"


def _signs_in(settings: Settings) -> bool:
    return settings.authentication is not Authentication.NONE


def _hosts(settings: Settings) -> tuple[str, str, str]:
    """Return the host names of BinderHub and JupyterHub, and the target of DNS records."""
    hub, region = settings.binderhub_name, settings.resource_group_location
    azure_name = f"{hub}.{region}.{ADDRESS_SUFFIX}"
    if settings.https and settings.domain_name:
        return f"binder.{settings.domain_name}", f"hub.{settings.domain_name}", azure_name
    return azure_name, f"{hub}-hub.{region}.{ADDRESS_SUFFIX}", azure_name


def _unique_registry(settings: Settings) -> str:
    """Return a registry name that no other hub derives: its hash is of subscription, group and hub."""
    hub = settings.binderhub_name
    place = f"{settings.azure_subscription}/{settings.resource_group_name}/{hub}".lower()
    return f"{re.sub('[^a-z0-9]', '', hub)[: 50 - HASH_LENGTH]}{_hash(place)}"


def _hash(text: str) -> str:
    """Return a hash of 8 lower-case letters and digits (40 bits)."""
    return b32encode(sha256(text.encode()).digest()).decode().lower()[:HASH_LENGTH]


def _require_resolved(settings: Settings) -> None:
    unknown = []
    if not is_guid(settings.azure_subscription or ""):
        unknown.append("AZURE_SUBSCRIPTION")
    if settings.resource_group_location is None:
        unknown.append("RESOURCE_GROUP_LOCATION")
    if unknown:
        rule = "is not known yet, and names derive from it."
        raise SettingsError([Problem(name, None, rule, "Set it.") for name in unknown])
