"""The order of a deployment, to be read top to bottom: what is made sure of, after what, and what is created.

`plan` prints it and `deploy` runs it: both from here, so that what is shown is what happens.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deployer.settings import ContainerRegistry
from deployer.steps.binderhub import ensure_binderhub
from deployer.steps.cluster import ensure_cluster
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


STEP_NAMES = (
    "sign-in",
    "outputs",
    "resource-group",
    "predecessors",
    "providers",
    "registry",
    "cluster",
    "registry-access",
    "namespace",
    "binderhub",
    "verify",
)
"""Names that a display can show before the plan is known; `sign-in` comes before the plan's own steps."""


@dataclass(frozen=True)
class Plan:
    """The steps of one deployment, in an order that can be read."""

    steps: tuple[Step[Context], ...]


def build_plan(settings: Settings, names: HubNames) -> Plan:
    """Compose the plan; nothing is asked of Azure."""
    steps = (
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
        _binderhub_step(settings, names),
        Step(
            "verify", f"See that {names.binder_url} and {names.hub_url} answer", verify, needs=("binderhub",)
        ),
    )
    validate_graph(steps)
    return Plan(steps)


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


def _binderhub_step(settings: Settings, names: HubNames) -> Step[Context]:
    return Step(
        "binderhub",
        f"Install BinderHub {settings.binderhub_version}",
        ensure_binderhub,
        needs=("outputs", "registry-access", "namespace"),
        creates=(
            f"Helm release {names.release}",
            f"public address {names.binder_host}",
            f"public address {names.hub_host}",
            "disk of 1 GB for the hub's database",
        ),
    )


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
