"""Says of a failed run that its cluster was stopped meanwhile: whatever failed follows from that."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from azure.core.exceptions import AzureError as SdkError

from deployer.azure.clusters import STOPPED, find_cluster, power_state

if TYPE_CHECKING:
    from deployer.errors import DeployerError
    from deployer.run.context import Context

STOPPING = "Stopping"
# A run that was interrupted has half a minute for everything that is left to do. Seconds.
LOOK_LIMIT = 5.0


async def explain_stop(context: Context, error: DeployerError) -> None:
    """Give an error the cause that the cluster was stopped, where it was, and what to do then."""
    if not context.results.cluster.is_set:
        return
    with suppress(SdkError, TimeoutError):
        async with asyncio.timeout(LOOK_LIMIT):
            if await _is_stopped(context):
                error.cause = (
                    f"The cluster {context.names.cluster} was stopped while this run went on, by the stop "
                    "schedule of the hub or by somebody."
                )
                error.suggestion = (
                    f"Start it (`binderhub-deployer start`, with --name {context.names.hub} and "
                    "--resource-group), then start this run again."
                )


async def _is_stopped(context: Context) -> bool:
    found = await find_cluster(context.azure, context.settings.resource_group_name, context.names.cluster)
    return found is not None and (power_state(found) == STOPPED or found.provisioning_state == STOPPING)
