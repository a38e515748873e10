"""Waits until a hub that was started answers at the addresses that it was installed with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.azure.clusters import find_cluster, open_cluster
from deployer.azure.refusals import in_words
from deployer.azure.retries import with_retries
from deployer.errors import KubernetesError, VerificationError
from deployer.helm.client import Helm
from deployer.inventory.hub import located
from deployer.inventory.sites import answers, sites_of
from deployer.kubernetes.obstacles import ObstacleFinder
from deployer.run.workflow import Step
from deployer.waiting import Pending, TimeLimitExceededError, wait_until

if TYPE_CHECKING:
    from deployer.inventory.power import Power
    from deployer.inventory.sites import Sites
    from deployer.kubernetes.cluster import ClusterAccess
    from deployer.progress.report import StepReport
    from deployer.run.context import Context

# Nodes that were just started pull every image again. Seconds.
ANSWER_LIMIT = 900.0
LOOK_EVERY = 3.0


def hub_answers_step(power: Power) -> Step[Context]:
    """Declare the step."""

    async def await_hub(context: Context, report: StepReport) -> str:
        """Wait for BinderHub and JupyterHub.

        Raises:
            VerificationError: they do not answer in time.

        """
        group, names = context.settings.resource_group_name, context.names
        found = await with_retries(
            report, "find the cluster", lambda: find_cluster(context.azure, group, names.cluster)
        )
        opening = open_cluster(context.azure, group, names.cluster, report, found)
        access = await context.resources.enter_async_context(opening)
        try:
            await access.api()
        except KubernetesError as error:
            report.warning(f"whether the hub answers cannot be seen from here: {error.message}")
            return "the cluster runs; the hub answers in some minutes"
        values = await Helm(context.helm, access.kubeconfig).values(names.release, names.namespace)
        if values is None:
            return "no BinderHub is installed: deploy installs it"
        # With the region of the cluster, which may be another one than that of the group.
        power.sites = sites_of(located(context.results.session.get(), found), values)
        await _await_answers(power.sites, access, names.namespace, report)
        return f"BinderHub answers at {power.sites.binder}, JupyterHub at {power.sites.hub}"

    return Step("hub-answers", "Wait until the hub answers", await_hub)


async def _await_answers(sites: Sites, access: ClusterAccess, namespace: str, report: StepReport) -> None:
    finder = await ObstacleFinder.open(await access.api(), namespace)
    why = ""

    async def look() -> bool | Pending:
        nonlocal why
        silent = [url for url in sites.probes if not await answers(url)]
        if not silent:
            return True
        why = await _obstacles(finder)
        return Pending(f"waiting for {', '.join(silent)}{why}")

    try:
        await wait_until(look, report.progress, limit=ANSWER_LIMIT, every=LOOK_EVERY)
    except TimeLimitExceededError as error:
        raise VerificationError(
            f"The cluster runs, but the hub does not answer: {error.pending.message}.",
            suggestion="Look at `binderhub-deployer logs`, and run deploy again: it repairs what it finds.",
            retryable=True,
        ) from None


async def _obstacles(finder: ObstacleFinder) -> str:
    try:
        found = await finder.find()
    except KubernetesError:
        return ""  # The API of a cluster that was just started is away for moments.
    return f"; not ready: {'; '.join(in_words(each) for each in found)}" if found else ""
