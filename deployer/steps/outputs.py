"""Prepares the place for outputs first, so that a run that fails later can still leave its record there.

Nothing that costs money is created before: either the outputs can be written, or the reader knows that the
storage account gets none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.azure.retries import with_retries
from deployer.errors import AzureError
from deployer.outputs.stores import DirectoryOutputStore, RunOutputs, open_blob_store
from deployer.run.workflow import Step

if TYPE_CHECKING:
    from deployer.outputs.stores import OutputStore
    from deployer.progress.report import StepReport
    from deployer.run.context import Context

# The answer of a storage account to who is outside its network rules. A missing role has another code.
OUTSIDE_NETWORK_RULES = "AuthorizationFailure"


def outputs_step() -> Step[Context]:
    """Declare the step."""
    return Step("outputs", "Prepare the outputs", prepare_outputs)


async def prepare_outputs(context: Context, report: StepReport) -> str:
    """Check that outputs can be written, waiting for the right to do so.

    Where the storage account is closed to this network, outputs go to the directory: no role and no waiting
    would open it, and a policy of the organisation may not let anyone open it.
    """
    store = await _open_store(context)
    # Before the first request: a run that ends here tries to leave its record all the same.
    outputs = RunOutputs(store, context.started)
    context.results.outputs.set(outputs)
    try:
        await with_retries(report, "prepare the outputs", store.prepare)
    except AzureError as error:
        if error.code != OUTSIDE_NETWORK_RULES:
            raise
        outputs.store = DirectoryOutputStore(context.output_directory)
        await outputs.store.prepare()
        report.note(_no_outputs(context, error))
    return f"outputs go to {outputs.location}"


async def _open_store(context: Context) -> OutputStore:
    """Open the storage account of the settings, else the directory."""
    account = context.settings.storage_account_name
    if account is None:
        return DirectoryOutputStore(context.output_directory)
    credential = context.results.session.get().credential
    return await context.resources.enter_async_context(open_blob_store(account, credential))


def _no_outputs(context: Context, error: AzureError) -> str:
    return (
        f"The storage account {context.settings.storage_account_name} gets no outputs of this run: "
        f"{error.cause or error.message} They go to {context.outputs.location}; in a container they are lost "
        f"with it, so read its log. {error.suggestion or ''}".strip()
    )
