"""Keeps the settings of a successful deployment in the cluster, for later upgrades."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.kubernetes.stored_settings import store_settings
from deployer.run.workflow import Step

if TYPE_CHECKING:
    from deployer.progress.report import StepReport
    from deployer.run.context import Context


def kept_settings_step() -> Step[Context]:
    """Declare the step."""
    return Step("kept-settings", "Keep the settings in the cluster for later upgrades", keep_settings)


async def keep_settings(context: Context, _report: StepReport) -> str:
    """Replace the settings where they differ."""
    api = await context.results.cluster.get().api()
    changed = await store_settings(api, context.settings.chosen())
    return "settings kept for later upgrades" if changed else "nothing to change"
