"""Finds the BinderHub release of an earlier run, whose registry password and values later steps keep."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.helm.client import Helm
from deployer.run.workflow import Step

if TYPE_CHECKING:
    from deployer.progress.report import StepReport
    from deployer.run.context import Context


def release_step() -> Step[Context]:
    """Declare the step."""
    return Step("release", "Find the BinderHub release of an earlier run", find_release)


async def find_release(context: Context, _report: StepReport) -> str:
    """Look for the release, whatever its state."""
    helm = Helm(context.helm, context.results.cluster.get().kubeconfig)
    release = await helm.find(context.names.release, context.names.namespace)
    context.results.release_before.set(release)
    if release is None:
        return "no release yet"
    return f"{release.chart}, revision {release.revision}, {release.status}"
