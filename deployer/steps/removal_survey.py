"""Lists what a teardown removes, unless a person has confirmed a list before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.inventory.hub import find_hub
from deployer.inventory.survey import survey_hub
from deployer.run.workflow import Step

if TYPE_CHECKING:
    from deployer.inventory.removals import Removals
    from deployer.inventory.survey import Extent
    from deployer.inventory.things import Survey
    from deployer.progress.report import StepReport
    from deployer.run.context import Context


def survey_step(removals: Removals) -> Step[Context]:
    """Declare the step.

    Args:
        removals: receives the list.

    """

    async def survey(context: Context, report: StepReport) -> str:
        """Keep to the confirmed list: what came later is left for the next teardown."""
        removals.survey = removals.confirmed or await _look(context, removals.extent, report)
        for thing in removals.survey.goes:
            report.progress(f"goes: {thing.kind} {thing.name} {thing.detail}".rstrip())
        for thing in removals.survey.stays:
            report.progress(f"stays: {thing.kind} {thing.name}: {thing.reason}")
        for note in removals.survey.notes:
            report.warning(note)
        return f"{len(removals.survey.goes)} go, {len(removals.survey.stays)} stay"

    return Step("survey", "List what goes and what stays", survey)


async def _look(context: Context, extent: Extent, report: StepReport) -> Survey:
    hub = await find_hub(context.results.session.get(), context.output_directory, report)
    return await survey_hub(hub, extent, context.helm, report)
