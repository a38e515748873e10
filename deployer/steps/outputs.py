"""Opens the place for outputs first, so that a run that fails later can still say so there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.azure.operations import ask

if TYPE_CHECKING:
    from deployer.context import Context
    from deployer.workflow import StepReport


async def ensure_outputs(context: Context, report: StepReport) -> str:
    """Make sure that outputs can be written, waiting for the right to do so."""
    store = context.outputs.store
    await ask(report, "open the outputs", store.prepare)
    return f"outputs go to {context.outputs.location}"
