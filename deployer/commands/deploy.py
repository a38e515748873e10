"""Runs a deployment: creates the hub, or changes it to what the settings want."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.commands.runner import Job, run_job
from deployer.plan import build_plan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deployer.commands.runner import Finished, RunOptions
    from deployer.progress.events import Sink
    from deployer.settings import Settings


async def deploy(
    settings: Settings,
    warnings: Sequence[str],
    sinks: Sequence[Sink],
    options: RunOptions,
) -> Finished:
    """Create the hub, or change an existing one to what the settings ask for.

    Args:
        settings: validated settings.
        warnings: about the settings, shown at the start.
        sinks: receive the events of the run.
        options: of the command.

    Raises:
        DeployerError: see `run_job`.

    """
    job = Job(
        build_plan(settings),
        opening=f"Deploying the BinderHub {settings.binderhub_name}",
        closing=lambda names: f"BinderHub is at {names.binder_url}",
        resume="deploy",
        leaves_next_steps=True,
    )
    return await run_job(job, settings, warnings, sinks, options)
