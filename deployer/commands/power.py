"""Stops a hub so that it costs little, and starts it again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.commands.runner import Job, run_job
from deployer.plan import build_start_plan, build_stop_plan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deployer.commands.runner import Finished, RunOptions
    from deployer.inventory.power import Power
    from deployer.progress.events import Sink
    from deployer.settings import Settings


async def stop(settings: Settings, sinks: Sequence[Sink], options: RunOptions, power: Power) -> Finished:
    """Stop the cluster of a hub.

    Args:
        settings: with at least the name of the hub and its resource group.
        sinks: receive the events of the run.
        options: of the command.
        power: receives what was found and changed.

    Raises:
        DeployerError: see `run_job`.

    """
    hub = settings.binderhub_name
    job = Job(
        build_stop_plan(settings, power),
        opening=f"Stopping the BinderHub {hub}",
        closing=lambda _: f"The BinderHub {hub} is stopped{'' if power.changed else ' already'}",
        resume="stop",
    )
    return await run_job(job, settings, (), sinks, options)


async def start(settings: Settings, sinks: Sequence[Sink], options: RunOptions, power: Power) -> Finished:
    """Start the cluster of a hub, and wait until the hub answers.

    Args:
        settings: with at least the name of the hub and its resource group.
        sinks: receive the events of the run.
        options: of the command.
        power: receives what was found and changed.

    Raises:
        DeployerError: see `run_job`.

    """
    hub = settings.binderhub_name
    job = Job(
        build_start_plan(settings, power),
        opening=f"Starting the BinderHub {hub}",
        closing=lambda _: f"The BinderHub {hub} runs{'' if power.changed else ' already'}",
        resume="start",
    )
    return await run_job(job, settings, (), sinks, options)
