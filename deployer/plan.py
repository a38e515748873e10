"""The order of a deployment, to be read top to bottom: what is made sure of, after what, and what is created.

`plan` prints it and `deploy` runs it: both from here, so that what is shown is what happens.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deployer.names import CERT_MANAGER, INGRESS
from deployer.settings import ContainerRegistry
from deployer.steps.addresses import ensure_addresses
from deployer.steps.binderhub import ensure_binderhub
from deployer.steps.cert_manager import ensure_cert_manager
from deployer.steps.certificate import ensure_certificate
from deployer.steps.cluster import ensure_cluster
from deployer.steps.dns import ensure_dns
from deployer.steps.ingress import ensure_ingress
from deployer.steps.leftovers import remove_leftovers
from deployer.steps.namespace import ensure_namespace
from deployer.steps.outputs import ensure_outputs
from deployer.steps.predecessors import remove_predecessors
from deployer.steps.providers import ensure_providers, needed_providers
from deployer.steps.registry import ensure_registry
from deployer.steps.registry_access import ensure_registry_access
from deployer.steps.resource_group import ensure_resource_group
from deployer.steps.verify import verify
from deployer.workflow import Step, validate_graph

if TYPE_CHECKING:
    from deployer.context import Context
    from deployer.names import HubNames
    from deployer.settings import Settings


SIGN_IN = "sign-in"
"""What comes before the plan's own steps."""

GROUND = (
    "outputs",
    "resource-group",
    "predecessors",
    "providers",
    "registry",
    "cluster",
    "registry-access",
    "namespace",
)


@dataclass(frozen=True)
class Plan:
    """The steps of one deployment, in an order that can be read."""

    steps: tuple[Step[Context], ...]


def build_plan(settings: Settings, names: HubNames) -> Plan:
    """Compose the plan; nothing is asked of Azure."""
    steps = (*_ground(settings, names), *_serving(settings, names))
    validate_graph(steps)
    return Plan(steps)


def step_names(settings: Settings) -> tuple[str, ...]:
    """Return the names of all steps, in order, which a display can show before the plan is known."""
    domain = settings.domain_name is not None
    https = ("ingress", "cert-manager", *(("dns",) if domain else ()))
    serving = (
        (*https, "binderhub", "addresses", "certificate", "verify", "leftovers")
        if settings.https
        else ("leftovers", "binderhub", "addresses", "verify")
    )
    return (SIGN_IN, *GROUND, *serving)


def _ground(settings: Settings, names: HubNames) -> tuple[Step[Context], ...]:
    """Return what every hub stands on, whichever way it is served."""
    return (
        Step("outputs", "Open the place for outputs", ensure_outputs),
        Step(
            "resource-group",
            f"Find or create the resource group {settings.resource_group_name}",
            ensure_resource_group,
            creates=(f"resource group {settings.resource_group_name}, where it is not there yet",),
        ),
        Step(
            "predecessors",
            "Remove the ended container groups of earlier runs",
            remove_predecessors,
            needs=("resource-group",),
        ),
        Step(
            "providers",
            f"Register {len(needed_providers(settings))} resource providers where they are not registered",
            ensure_providers,
            needs=("resource-group",),
        ),
        _registry_step(settings, names),
        _cluster_step(settings, names),
        Step(
            "registry-access",
            "Find out how the hub logs in to its registry",
            ensure_registry_access,
            needs=("registry", "cluster"),
            creates=_registry_access_creates(settings, names),
        ),
        Step(
            "namespace",
            f"Set the namespace {names.namespace} and its network policies",
            ensure_namespace,
            needs=("cluster",),
            creates=(f"namespace {names.namespace}, network policies",),
        ),
    )


def _serving(settings: Settings, names: HubNames) -> tuple[Step[Context], ...]:
    """Return how the hub is installed and reached."""
    answer = f"See that {names.binder_url} and {names.hub_url} answer"
    leftovers = "Remove what another way of serving the hub left"
    addresses = "Wait for the hub's public addresses"
    if not settings.https:
        return (
            # First: what Traefik holds, BinderHub's own Services want.
            Step("leftovers", leftovers, remove_leftovers, needs=("namespace",)),
            _binderhub_step(settings, names, "leftovers"),
            Step("addresses", addresses, ensure_addresses, needs=("binderhub",)),
            Step("verify", answer, verify, needs=("addresses",)),
        )
    dns = (_dns_step(settings, names),) if names.cnames else ()
    return (
        _ingress_step(settings, names),
        _cert_manager_step(settings),
        *dns,
        # A hub with plain HTTP keeps its addresses until Traefik stands.
        _binderhub_step(settings, names, "ingress"),
        Step("addresses", addresses, ensure_addresses, needs=("binderhub",)),
        _certificate_step(names, *(step.name for step in dns)),
        Step("verify", answer, verify, needs=("certificate",)),
        Step("leftovers", leftovers, remove_leftovers, needs=("verify",)),
    )


def _registry_step(settings: Settings, names: HubNames) -> Step[Context]:
    if settings.container_registry is ContainerRegistry.DOCKERHUB:
        return Step("registry", "Try the login of Docker Hub", ensure_registry)
    return Step(
        "registry",
        f"Create the container registry {names.registry}",
        ensure_registry,
        needs=("providers",),
        creates=(
            f"container registry {names.registry} ({settings.registry_sku})",
            f"scope map {names.scope_map}",
            f"token {names.registry_token}",
        ),
    )


def _cluster_step(settings: Settings, names: HubNames) -> Step[Context]:
    return Step(
        "cluster",
        f"Create the Kubernetes cluster {names.cluster}",
        ensure_cluster,
        needs=("providers",),
        creates=_cluster_creates(settings, names),
    )


def _ingress_step(settings: Settings, names: HubNames) -> Step[Context]:
    return Step(
        "ingress",
        f"Install Traefik {settings.traefik_version}",
        ensure_ingress,
        needs=("cluster",),
        creates=(f"Helm release {INGRESS}", *_addresses(names)),
    )


def _cert_manager_step(settings: Settings) -> Step[Context]:
    return Step(
        "cert-manager",
        f"Install cert-manager {settings.certmanager_version}",
        ensure_cert_manager,
        needs=("cluster",),
        creates=(f"Helm release {CERT_MANAGER}",),
    )


def _dns_step(settings: Settings, names: HubNames) -> Step[Context]:
    group = settings.dns_zone_resource_group
    if group is None:
        return Step("dns", "Show the DNS records that the domain needs", ensure_dns, needs=("namespace",))
    return Step(
        "dns",
        f"Write the domain's DNS records into its zone in {group}",
        ensure_dns,
        needs=("namespace",),
        creates=tuple(f"DNS record {line}" for line in names.cname_lines()),
    )


def _certificate_step(names: HubNames, *dns: str) -> Step[Context]:
    return Step(
        "certificate",
        f"Get one certificate for {names.binder_host} and {names.hub_host}",
        ensure_certificate,
        needs=("cert-manager", "addresses", *dns),
        creates=("certificate, renewed by itself",),
    )


def _binderhub_step(settings: Settings, names: HubNames, before: str) -> Step[Context]:
    return Step(
        "binderhub",
        f"Install BinderHub {settings.binderhub_version}",
        ensure_binderhub,
        needs=("outputs", "registry-access", "namespace", before),
        creates=(
            f"Helm release {names.release}",
            *(() if settings.https else _addresses(names)),
            "disk of 1 GB for the hub's database",
        ),
    )


def _addresses(names: HubNames) -> tuple[str, ...]:
    """Return the public addresses by the names that Azure gives them; an own domain needs one only."""
    hosts = (names.cname_target,) if names.cnames else (names.binder_host, names.hub_host)
    return tuple(f"public address {host}" for host in hosts)


def _cluster_creates(settings: Settings, names: HubNames) -> tuple[str, ...]:
    least, most = settings.aks_node_count, settings.aks_node_count_max
    return (
        f"cluster {names.cluster} ({settings.aks_tier})",
        f"node pool system: 1 × {settings.aks_system_node_vm_size}",
        f"node pool user: {least} to {most} × {settings.aks_node_vm_size}",
        f"resource group {names.node_resource_group}: nodes, load balancer, outbound address",
    )


def _registry_access_creates(settings: Settings, names: HubNames) -> tuple[str, ...]:
    if settings.container_registry is ContainerRegistry.DOCKERHUB:
        return ()
    return (f"password of the token {names.registry_token}",)
