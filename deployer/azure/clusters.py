"""Finds a managed cluster and fetches the kubeconfig that gives access to its API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure.core.exceptions import ResourceNotFoundError

from deployer.azure.retries import with_retries
from deployer.errors import DeployerError

if TYPE_CHECKING:
    from azure.mgmt.containerservice.models import ManagedCluster

    from deployer.azure.clients import AzureClients
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


async def fetch_kubeconfig(azure: AzureClients, group: str, name: str, report: StepReport) -> bytes:
    """Return the kubeconfig of a cluster, which holds credentials.

    Raises:
        DeployerError: Azure returned none.

    """
    answer = await with_retries(
        report,
        "fetch the credentials of the cluster",
        lambda: azure.clusters.managed_clusters.list_cluster_user_credentials(group, name),
    )
    content = answer.kubeconfigs[0].value if answer.kubeconfigs else None
    if not content:
        raise DeployerError(f"Azure returned no credentials for the cluster {name}.", retryable=True)
    return bytes(content)
