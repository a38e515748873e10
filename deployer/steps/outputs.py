"""Prepares the place for outputs first, so that a run that fails later can still leave its record there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.azure.retries import with_retries
from deployer.outputs.stores import RunOutputs, open_store
from deployer.run.workflow import Step

if TYPE_CHECKING:
    from deployer.progress.report import StepReport
    from deployer.run.context import Context


def outputs_step() -> Step[Context]:
    """Declare the step."""
    return Step("outputs", "Prepare the outputs", prepare_outputs)


async def prepare_outputs(context: Context, report: StepReport) -> str:
    """Check that outputs can be written, waiting for the right to do so."""
    credential = context.results.session.get().credential
    opened = open_store(context.settings.storage_account_name, credential, context.output_directory)
    store = await context.resources.enter_async_context(opened)
    # Before the first request: a run that ends here tries to leave its record all the same.
    context.results.outputs.set(RunOutputs(store, context.started))
    await with_retries(report, "prepare the outputs", store.prepare)
    return f"outputs go to {context.outputs.location}"
