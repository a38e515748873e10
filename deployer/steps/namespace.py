"""The hub's namespace and its fence: what strangers' code may reach, set before any of it can run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.manifests import render_namespace
from deployer.objects import ensure_object

if TYPE_CHECKING:
    from deployer.context import Context
    from deployer.workflow import StepReport


async def ensure_namespace(context: Context, report: StepReport) -> str:
    """Make sure of the namespace, its network policies and a default account without a token."""
    api = await context.results.cluster.get().api()
    changed = []
    for manifest in render_namespace(context.names):
        if await ensure_object(api, manifest):
            changed.append(f"{manifest['kind']} {manifest['metadata']['name']}")
            report.progress(f"{changed[-1]} set")
    return f"set {', '.join(changed)}" if changed else "nothing to change"
