"""Removes the secret values of a hub from the outputs, which stay: nobody needs them without the hub.

A hub that was deployed from the button can be removed from a laptop, whose own outputs go elsewhere. So the
storage account of the hub is looked for, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.azure.retries import with_retries
from deployer.azure.storage_accounts import own_accounts
from deployer.errors import AzureError
from deployer.outputs.stores import open_store
from deployer.run.workflow import Step

if TYPE_CHECKING:
    from deployer.progress.report import StepReport
    from deployer.run.context import Context


def remove_secrets_step() -> Step[Context]:
    """Declare the step."""
    return Step("remove-secret-values", "Remove the secret values from the outputs", remove_secrets)


async def remove_secrets(context: Context, report: StepReport) -> str:
    """Remove the secret values; what cannot be removed is a note."""
    try:
        await with_retries(
            report, "remove the secret values", lambda: _remove_everywhere(context), rights_may_come=False
        )
    except AzureError as error:
        report.note(f"The secret values of the hub are still in its outputs: {error.message}")
        return "could not be removed"
    return "no secret values are left in the outputs"


async def _remove_everywhere(context: Context) -> None:
    await context.outputs.store.remove_secret_values()
    group, hub = context.settings.resource_group_name, context.names.hub
    credential = context.results.session.get().credential
    for account in await own_accounts(context.azure, group, hub):
        async with open_store(account, credential, context.output_directory) as store:
            await store.remove_secret_values()
