"""Creates the namespace of the hub with network policies that isolate user pods and builds.

It comes before the release, so that none of them ever runs without.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.kubernetes.manifests import render_namespace
from deployer.kubernetes.objects import ensure_object
from deployer.run.workflow import Step

if TYPE_CHECKING:
    from deployer.names import HubNames
    from deployer.progress.report import StepReport
    from deployer.run.context import Context
    from deployer.settings import Settings


def namespace_step(settings: Settings) -> Step[Context]:
    """Declare the step."""

    def creates(names: HubNames) -> tuple[str, ...]:
        return (f"namespace {names.namespace}, network policies",)

    title = f"Create the namespace {settings.binderhub_name} and its network policies"
    return Step("namespace", title, ensure_namespace, creates=creates)


async def ensure_namespace(context: Context, report: StepReport) -> str:
    """Create or update the namespace, its network policies and a default service account without a token."""
    api = await context.results.cluster.get().api()
    changed = []
    for manifest in render_namespace(context.settings, context.names):
        if await ensure_object(api, manifest):
            changed.append(f"{manifest['kind']} {manifest['metadata']['name']}")
            report.progress(f"{changed[-1]} applied")
    return f"applied {', '.join(changed)}" if changed else "nothing to change"
