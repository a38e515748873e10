"""Removes a hub: what the deployer created, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.azure.session import LOCATION_SETTING, open_session
from deployer.commands.runner import Job, run_job
from deployer.errors import SettingsError
from deployer.inventory.hub import find_hub
from deployer.inventory.survey import survey_hub
from deployer.inventory.things import Survey
from deployer.plan import build_teardown_plan
from deployer.progress.report import StepReport

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deployer.commands.runner import Finished, RunOptions
    from deployer.inventory.removals import Removals
    from deployer.inventory.survey import Extent
    from deployer.progress.events import Progress, Sink
    from deployer.settings import Settings


async def survey(settings: Settings, options: RunOptions, extent: Extent, progress: Progress) -> Survey:
    """Return what a teardown removes and leaves, without changing anything.

    Args:
        settings: with at least the name of the hub and its resource group.
        options: of the command.
        extent: how much is removed.
        progress: receives what is waited for.

    Raises:
        DeployerError: Azure cannot be asked.

    """
    report = StepReport("survey", progress)
    try:
        async with open_session(settings, report) as session:
            hub = await find_hub(session, options.directory, report)
            return await survey_hub(hub, extent, options.helm, report)
    except SettingsError as error:
        if any(problem.setting != LOCATION_SETTING for problem in error.problems):
            raise
        group = settings.resource_group_name
        return Survey(notes=(f"There is no resource group {group}.",))


async def teardown(
    settings: Settings, sinks: Sequence[Sink], options: RunOptions, removals: Removals
) -> Finished:
    """Remove a hub; what cannot be removed does not stop the rest.

    Args:
        settings: with at least the name of the hub and its resource group.
        sinks: receive the events of the run.
        options: of the command.
        removals: what is asked for; receives what went, and what did not.

    Raises:
        DeployerError: something is left; or see `run_job`.

    """
    hub = settings.binderhub_name
    job = Job(
        build_teardown_plan(settings, removals),
        opening=f"Removing the BinderHub {hub}",
        closing=lambda _names: f"The BinderHub {hub} is gone",
        resume="teardown",
    )
    return await run_job(job, settings, (), sinks, options)
