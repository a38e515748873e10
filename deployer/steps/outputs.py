"""Prepares the place for outputs first, so that a run that fails later can still leave its record there.

Nothing that costs money is created before: either the outputs can be written, or the reader knows that the
storage account gets none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.azure.retries import with_retries
from deployer.errors import AzureError
from deployer.outputs.stores import DirectoryOutputStore, RunOutputs, open_store
from deployer.run.workflow import Step

if TYPE_CHECKING:
    from deployer.progress.report import StepReport
    from deployer.run.context import Context

# A storage account's answer to a request from outside its network rules; a missing role has another code.
OUTSIDE_NETWORK_RULES = "AuthorizationFailure"


def outputs_step() -> Step[Context]:
    """Declare the step."""
    return Step("outputs", "Prepare the outputs", prepare_outputs)


async def prepare_outputs(context: Context, report: StepReport) -> str:
    """Check that outputs can be written, waiting for the right to do so.

    If the storage account is closed to this network, outputs go to the directory: no role and no waiting
    opens it, and a policy of the organisation can forbid to open it.
    """
    credential = context.results.session.get().credential
    opened = open_store(context.settings.storage_account_name, credential, context.output_directory)
    store = await context.resources.enter_async_context(opened)
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
        report.note(_closed_account(context, error))
    return f"outputs go to {outputs.location}"


def _closed_account(context: Context, error: AzureError) -> str:
    return (
        f"The storage account {context.settings.storage_account_name} gets no outputs of this run. "
        f"{error.cause or error.message} They go to {context.outputs.location}; in a container they are lost "
        f"with it: read its log. {error.suggestion or ''}".strip()
    )
