"""Removes the secret values of a hub from the outputs, which stay: nobody needs them without the hub."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.azure.retries import with_retries
from deployer.errors import AzureError
from deployer.run.workflow import Step

if TYPE_CHECKING:
    from deployer.progress.report import StepReport
    from deployer.run.context import Context


def remove_secrets_step() -> Step[Context]:
    """Declare the step."""
    return Step("remove-secret-values", "Remove the secret values from the outputs", remove_secrets)


async def remove_secrets(context: Context, report: StepReport) -> str:
    """Remove the secret values; what cannot be removed is a note."""
    store = context.outputs.store
    try:
        await with_retries(
            report, "remove the secret values", store.remove_secret_values, rights_may_come=False
        )
    except AzureError as error:
        report.note(f"The secret values of the hub are still in its outputs: {error.message}")
        return "could not be removed"
    return "no secret values are left in the outputs"
