"""Checks an existing cluster, and the version of Kubernetes, before anything is created or changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.azure.api_access import own_range_beside
from deployer.azure.cluster_state import check_node_sizes, check_region, check_usable
from deployer.azure.clusters import find_cluster
from deployer.azure.kubernetes_versions import (
    check_offered,
    check_upgrade,
    is_met,
    is_older,
    versions_for_new_clusters,
    versions_to_upgrade_to,
)
from deployer.azure.retries import PROPAGATION_CODES, with_retries
from deployer.errors import AzureError
from deployer.run.workflow import Step

if TYPE_CHECKING:
    from azure.mgmt.containerservice.models import ManagedCluster

    from deployer.progress.report import StepReport
    from deployer.run.context import Context
    from deployer.settings import Settings


def existing_cluster_step(settings: Settings) -> Step[Context]:
    """Declare the step."""
    title = f"Check the cluster {settings.binderhub_name} and its version of Kubernetes"
    return Step("existing-cluster", title, check_existing_cluster)


async def check_existing_cluster(context: Context, report: StepReport) -> str:
    """Refuse a cluster that the deployment cannot use or reach, and what it cannot have there."""
    context.results.own_range.set(await own_range_beside(context.settings.api_server_authorized_ranges))
    group, name = context.settings.resource_group_name, context.names.cluster
    found = await with_retries(
        report, f"find the cluster {name}", lambda: find_cluster(context.azure, group, name)
    )
    wanted = context.settings.aks_kubernetes_version
    if found is None:
        if wanted:
            await _check_new(context, report, wanted)
        return "no cluster yet"
    check_usable(found, context.names)
    check_region(found, context.settings)
    check_node_sizes(found, context.settings)
    if wanted:
        await _check_upgrade(context, report, found, wanted)
    return f"{name} exists (Kubernetes {found.current_kubernetes_version})"


async def _check_new(context: Context, report: StepReport, wanted: str) -> None:
    clusters = context.azure.clusters.managed_clusters
    try:
        listed = await with_retries(
            report,
            "list the versions of Kubernetes",
            lambda: clusters.list_kubernetes_versions(context.settings.region),
            rights_may_come=False,
        )
    except AzureError as error:
        if error.code not in PROPAGATION_CODES:
            raise
        report.progress("cannot see which versions of Kubernetes AKS offers (no rights on the subscription)")
        return
    check_offered(wanted, versions_for_new_clusters(listed))


async def _check_upgrade(context: Context, report: StepReport, found: ManagedCluster, wanted: str) -> None:
    current = found.current_kubernetes_version or ""
    if is_met(wanted, current) or is_older(wanted, current):
        return
    group, name = context.settings.resource_group_name, context.names.cluster
    profile = await with_retries(
        report,
        "list the upgrades of the cluster",
        lambda: context.azure.clusters.managed_clusters.get_upgrade_profile(group, name),
    )
    check_upgrade(wanted, current, versions_to_upgrade_to(profile))
