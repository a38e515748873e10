"""The order of a deployment, to be read from top to bottom: each step, and the steps that it needs.

`plan` prints it and `deploy` runs it. Both take it from here, so that what is shown is what happens.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deployer.inventory.old_images import keeps_images
from deployer.run.workflow import Step, validate_graph
from deployer.settings import ContainerRegistry
from deployer.steps.addresses import addresses_step
from deployer.steps.binderhub import binderhub_step
from deployer.steps.cert_manager import cert_manager_step
from deployer.steps.certificate import certificate_step
from deployer.steps.charts import charts_step
from deployer.steps.cleanup import cleanup_step
from deployer.steps.cluster import cluster_step
from deployer.steps.dns import dns_step
from deployer.steps.existing_cluster import existing_cluster_step
from deployer.steps.hub_answers import hub_answers_step
from deployer.steps.ingress import ingress_step
from deployer.steps.kept_settings import kept_settings_step
from deployer.steps.lock import cluster_lock_step, lock_step
from deployer.steps.maintenance import maintenance_step
from deployer.steps.namespace import namespace_step
from deployer.steps.old_container_groups import old_container_groups_step
from deployer.steps.old_images import old_images_step
from deployer.steps.outputs import outputs_step
from deployer.steps.power import find_hub_cluster_step, start_step, stop_step
from deployer.steps.providers import providers_step
from deployer.steps.registry import registry_step
from deployer.steps.registry_access import registry_access_step
from deployer.steps.release import release_step
from deployer.steps.removal_access import cluster_access_step
from deployer.steps.removal_cluster import remove_cluster_step
from deployer.steps.removal_records import remove_records_step
from deployer.steps.removal_releases import remove_releases_step
from deployer.steps.removal_resources import (
    remaining_step,
    remove_container_groups_step,
    remove_group_step,
    remove_identity_step,
    remove_registry_step,
    remove_schedule_step,
    remove_storage_step,
)
from deployer.steps.removal_secrets import remove_secrets_step
from deployer.steps.removal_survey import survey_step
from deployer.steps.resource_group import resource_group_step
from deployer.steps.sign_in import sign_in_step
from deployer.steps.starts import starts_step
from deployer.steps.stop_schedule import stop_schedule_step
from deployer.steps.storage_class import storage_class_step
from deployer.steps.verify import verify_step

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deployer.inventory.power import Power
    from deployer.inventory.removals import Removals
    from deployer.run.context import Context
    from deployer.settings import Settings


@dataclass(frozen=True)
class Plan:
    """The steps of one deployment, in an order that can be read."""

    steps: tuple[Step[Context], ...]

    @property
    def step_names(self) -> tuple[str, ...]:
        """The names of the steps, in this order."""
        return tuple(step.name for step in self.steps)


def build_plan(settings: Settings) -> Plan:
    """Compose the plan for these settings, without any request to Azure."""
    docker_hub = settings.container_registry is ContainerRegistry.DOCKERHUB
    infrastructure = (
        *_beginning(settings),
        # Before anything is created: HELM_VALUES that the chart refuses would end the run after the cluster.
        charts_step(settings).after("outputs"),
        resource_group_step(settings).after("lock", "charts"),
        old_container_groups_step().after("resource-group"),
        providers_step(settings).after("resource-group"),
        # Before anything is created: what it refuses would leave a half-made hub behind.
        existing_cluster_step(settings).after("providers"),
        registry_step(settings).after("existing-cluster"),
        # After the login of Docker Hub, which may be wrong: from here on, what is created costs money. A
        # registry of Azure takes long to create, and does not hold the cluster up.
        cluster_step(settings).after("existing-cluster", *(("registry",) if docker_hub else ())),
        cluster_lock_step().after("cluster"),
        storage_class_step().after("cluster-lock"),
        release_step().after("cluster-lock"),
        registry_access_step(settings).after("registry", "release"),
        namespace_step(settings).after("cluster-lock"),
    )
    hub = _https_hub(settings) if settings.https else _plain_http_hub(settings)
    last = [
        # The settings that are kept say of which stop schedule the windows are, so both change together: a
        # run that fails before would leave windows that look as if people had chosen them.
        maintenance_step(settings).after("verify"),
        kept_settings_step().after("maintenance"),
        # A hub that is being deployed is not stopped in the middle of it.
        stop_schedule_step(settings).after("verify"),
    ]
    if not keeps_images(settings):
        last.append(old_images_step(settings).after("verify"))
    steps = (*infrastructure, *hub, *last)
    validate_graph(steps)
    return Plan(steps)


def build_teardown_plan(settings: Settings, removals: Removals) -> Plan:
    """Compose the plan that removes a hub: one step after the other, as each may need what the next removes.

    Args:
        settings: of the run.
        removals: what is asked for; receives how that went.

    """
    steps = (
        *_beginning(settings),
        survey_step(removals),
        cluster_access_step(),
        # First: a record that leads to nobody's address can be taken over by whoever takes the address.
        remove_records_step(removals),
        remove_schedule_step(removals),
        remove_releases_step(removals),
        remove_secrets_step(),
        remove_cluster_step(removals),
        remove_registry_step(removals),
        remove_container_groups_step(removals),
        remove_identity_step(removals),
        remove_storage_step(removals),
        remove_group_step(removals),
        remaining_step(removals),
    )
    return _one_after_the_other(steps)


def build_stop_plan(settings: Settings, power: Power) -> Plan:
    """Compose the plan that stops a hub."""
    steps = (*_beginning(settings), find_hub_cluster_step(), cluster_access_step(), stop_step(power))
    return _one_after_the_other(steps)


def build_start_plan(settings: Settings, power: Power) -> Plan:
    """Compose the plan that starts a hub again, and waits until it answers."""
    steps = (*_beginning(settings), find_hub_cluster_step(), start_step(power), hub_answers_step(power))
    return _one_after_the_other(steps)


def _beginning(settings: Settings) -> tuple[Step[Context], ...]:
    """Return the steps that every run begins with."""
    counted = settings.container_group_name is not None
    return (
        sign_in_step(),
        outputs_step().after("sign-in"),
        *((starts_step().after("outputs"),) if counted else ()),
        # Before any change: two runs at a time would invalidate each other's passwords and releases.
        lock_step().after("starts" if counted else "outputs"),
    )


def _one_after_the_other(steps: Sequence[Step[Context]]) -> Plan:
    """Return a plan in which each step without needs of its own needs the one before it."""
    first, *others = steps
    ordered = [first]
    for step in others:
        ordered.append(step if step.needs else step.after(ordered[-1].name))
    validate_graph(ordered)
    return Plan(tuple(ordered))


def _https_hub(settings: Settings) -> tuple[Step[Context], ...]:
    domain = settings.domain_name is not None
    dns = (dns_step(settings).after("namespace"),) if domain else ()
    return (
        ingress_step(settings).after("cluster-lock"),
        cert_manager_step(settings).after("cluster-lock"),
        *dns,
        # After Traefik: a hub that was served over plain HTTP keeps its addresses until Traefik can take
        # them.
        binderhub_step(settings).after("registry-access", "storage-class", "namespace", "ingress"),
        # Side by side with BinderHub: authorities only have to reach Traefik and the solvers of cert-manager.
        addresses_step().after("ingress", "release"),
        certificate_step().after("cert-manager", "addresses", "namespace", *(step.name for step in dns)),
        verify_step().after("binderhub", "certificate"),
        # Last: nothing of the previous configuration goes away before the new one is proven.
        cleanup_step().after("verify"),
    )


def _plain_http_hub(settings: Settings) -> tuple[Step[Context], ...]:
    return (
        # First: the Services of BinderHub need the DNS labels that Traefik may still hold.
        cleanup_step().after("namespace"),
        binderhub_step(settings).after("registry-access", "storage-class", "namespace", "cleanup"),
        addresses_step().after("binderhub"),
        verify_step().after("addresses"),
    )
