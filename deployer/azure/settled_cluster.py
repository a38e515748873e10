"""Waits for the end of an operation on a cluster, whether an earlier run or Azure itself started it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.azure.cluster_state import DELETING, operation_on
from deployer.azure.clusters import find_cluster
from deployer.azure.retries import with_retries
from deployer.errors import DeployerError
from deployer.waiting import Pending, TimeLimitExceededError, wait_until

if TYPE_CHECKING:
    from azure.mgmt.containerservice.models import ManagedCluster

    from deployer.azure.clients import AzureClients
    from deployer.progress.report import StepReport

# The upgrade of a cluster takes up to half an hour. Seconds.
OPERATION_LIMIT = 2400.0
LOOK_EVERY = 5.0


async def await_settled(
    azure: AzureClients, group: str, name: str, report: StepReport
) -> ManagedCluster | None:
    """Return a cluster once no operation on it or its node pools is under way, None where there is none.

    Raises:
        DeployerError: an operation does not end.

    """
    operation, state = "", ""

    async def look() -> ManagedCluster | Pending | None:
        nonlocal operation, state
        found = await with_retries(
            report, f"find the cluster {name}", lambda: find_cluster(azure, group, name)
        )
        state = str(found.provisioning_state) if found else ""
        operation = operation_on(found) or "" if found else ""
        return Pending(f"{operation}: waiting for the end") if operation else found

    try:
        return await wait_until(look, report.progress, limit=OPERATION_LIMIT, every=LOOK_EVERY)
    except TimeLimitExceededError:
        deleting = " A lock or an address that is used elsewhere can hold the deletion back."
        raise DeployerError(
            f"{operation.capitalize()}, for more than {OPERATION_LIMIT / 60:.0f} minutes."
            + (deleting if state == DELETING else ""),
            suggestion="Look at its activity log in the portal; start again when the operation has ended.",
            retryable=True,
        ) from None
