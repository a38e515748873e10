"""Removes the releases, in the order in which their parts need each other.

Load balancers, addresses and disks are given back by the controllers of the cluster while it still runs. What
cannot be removed in time goes with the cluster.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from deployer.errors import DeployerError
from deployer.helm.releases import Releases
from deployer.inventory.https import remove_https
from deployer.inventory.things import Kind
from deployer.kubernetes.namespaces import remove_own_namespace
from deployer.run.workflow import Step

if TYPE_CHECKING:
    from deployer.inventory.removals import Removals
    from deployer.progress.report import StepReport
    from deployer.run.context import Context

# Of a cluster without working nodes no pod ends. Seconds.
RELEASES_LIMIT = 420.0


def remove_releases_step(removals: Removals) -> Step[Context]:
    """Declare the step."""

    async def remove_releases(context: Context, report: StepReport) -> str:
        if not context.results.cluster.is_set:
            return "nothing to remove, or it goes with the cluster"
        try:
            async with asyncio.timeout(RELEASES_LIMIT):
                removed = await _remove(context, report)
        except (DeployerError, TimeoutError) as error:
            report.warning(f"not all releases could be removed: {error or 'not in time'}")
            return "what is left goes with the cluster"
        removals.removed += removals.survey.of(Kind.RELEASE)
        return f"removed {', '.join(removed)}"

    return Step("remove-releases", "Remove BinderHub, cert-manager and Traefik", remove_releases)


async def _remove(context: Context, report: StepReport) -> list[str]:
    access, names = context.results.cluster.get(), context.names
    await Releases(context.helm, access, report).remove(names.release, names.namespace)
    removed = ["BinderHub", *await remove_https(context.helm, access, names, report)]
    # With the claims of the hub's disk, and with what visitors still run.
    await remove_own_namespace(await access.api(), names.namespace, report)
    return removed
