"""Finds a managed cluster and opens the access to its API."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from azure.core.exceptions import ResourceNotFoundError

from deployer.azure.retries import with_retries
from deployer.errors import DeployerError
from deployer.kubernetes.cluster import private_kubeconfig

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from azure.mgmt.containerservice.models import ManagedCluster

    from deployer.azure.clients import AzureClients
    from deployer.kubernetes.cluster import ClusterAccess
    from deployer.progress.report import StepReport

RUNNING, STOPPED = "Running", "Stopped"


async def find_cluster(azure: AzureClients, group: str, name: str) -> ManagedCluster | None:
    """Return a managed cluster, None where there is none of that name in the group."""
    try:
        return await azure.clusters.managed_clusters.get(group, name)
    except ResourceNotFoundError:
        return None


def power_state(cluster: ManagedCluster) -> str:
    """Return `Running` or `Stopped`; a cluster that does not say is running."""
    code = cluster.power_state.code if cluster.power_state else None
    # An enum for the values that the SDK knows, text for newer ones.
    return getattr(code, "value", code) or RUNNING


def authorised_ranges(cluster: Mapping[str, Any]) -> list[str]:
    """Return the only addresses that the API server of a cluster answers; none if it answers all.

    Args:
        cluster: as Azure describes it.

    """
    access = cluster["properties"].get("apiServerAccessProfile") or {}
    return list(access.get("authorizedIPRanges") or ())


@asynccontextmanager
async def open_cluster(
    azure: AzureClients, group: str, name: str, report: StepReport, found: ManagedCluster | None
) -> AsyncIterator[ClusterAccess]:
    """Give access to the API of a cluster, with files that are removed at the end of the context.

    Args:
        azure: clients for the subscription.
        group: name of its resource group.
        name: of the cluster.
        report: receives what is waited for.
        found: the cluster as Azure describes it now: it says whom its API server answers.

    Raises:
        DeployerError: Azure returned no credentials, or none that can be read.

    """
    content = await _fetch_kubeconfig(azure, group, name, report)
    ranges = authorised_ranges(found.as_dict()) if found is not None else ()
    with private_kubeconfig(content, ranges) as access:
        yield access


async def _fetch_kubeconfig(azure: AzureClients, group: str, name: str, report: StepReport) -> bytes:
    answer = await with_retries(
        report,
        "fetch the credentials of the cluster",
        lambda: azure.clusters.managed_clusters.list_cluster_user_credentials(group, name),
    )
    content = answer.kubeconfigs[0].value if answer.kubeconfigs else None
    if not content:
        raise DeployerError(f"Azure returned no credentials for the cluster {name}.", retryable=True)
    return bytes(content)
