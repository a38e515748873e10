"""Prepares the place for outputs first, so that a run that fails later can still leave its record there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.azure.retries import with_retries
from deployer.outputs.stores import DirectoryOutputStore, RunOutputs, open_blob_store
from deployer.run.workflow import Step

if TYPE_CHECKING:
    from deployer.outputs.stores import OutputStore
    from deployer.progress.report import StepReport
    from deployer.run.context import Context


def outputs_step() -> Step[Context]:
    """Declare the step."""
    return Step("outputs", "Prepare the outputs", prepare_outputs)


async def prepare_outputs(context: Context, report: StepReport) -> str:
    """Check that outputs can be written, waiting for the right to do so."""
    store = await _open_store(context)
    # Before the first request: a run that ends here tries to leave its record all the same.
    context.results.outputs.set(RunOutputs(store, context.started))
    await with_retries(report, "prepare the outputs", store.prepare)
    return f"outputs go to {context.outputs.location}"


async def _open_store(context: Context) -> OutputStore:
    """Open the storage account of the settings, else the directory."""
    account = context.settings.storage_account_name
    if account is None:
        return DirectoryOutputStore(context.output_directory)
    credential = context.results.session.get().credential
    return await context.resources.enter_async_context(open_blob_store(account, credential))
