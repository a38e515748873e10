"""Counts how often Azure has started the container, so that a deployer that crashes is not started for ever.

A container group starts its container again after a crash, and every start costs. A run that ends in order,
successful or not, sets the count back: only crashes in a row add up.
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING

from azure.core.exceptions import AzureError as SdkError

from deployer.azure.container_groups import CONTAINER_GROUP_TYPE, container_group_properties
from deployer.azure.retries import with_retries
from deployer.errors import CrashedError, DeployerError
from deployer.outputs.stores import DirectoryOutputStore
from deployer.run.workflow import Step

if TYPE_CHECKING:
    from types import TracebackType

    from deployer.outputs.stores import OutputStore
    from deployer.progress.report import StepReport
    from deployer.run.context import Context

MAX_STARTS = 3


def starts_step() -> Step[Context]:
    """Declare the step."""
    return Step("starts", "Count the starts of the container", count_starts)


async def count_starts(context: Context, report: StepReport) -> str:
    """Count this start of the container; end the run if it is one too many."""
    group = context.settings.container_group_name or ""
    counter = StartCounter(context.outputs.store, group)
    # A directory is lost with its container: it cannot count.
    if isinstance(context.outputs.store, DirectoryOutputStore):
        number = 1 + await _restarts(context, group)
    else:
        number = await with_retries(report, "count the starts", counter.count)
    if number > MAX_STARTS:
        raise CrashedError(
            f"The deployer has crashed {MAX_STARTS} times in the container group {group}.",
            cause="The machine of the container group was out of memory, or the deployer has a fault.",
            suggestion="Deploy again: everything that exists already is kept. If it crashes again, report "
            "what the log of the container group says.",
        )
    context.results.start.set(number)
    context.resources.push_async_exit(counter.reset_unless_crashed)
    return f"start {number} of at most {MAX_STARTS}"


class StartCounter:
    """The number of starts since the last one that ended in order, kept in the outputs.

    Args:
        store: holds the outputs.
        group: name of the container group.

    """

    def __init__(self, store: OutputStore, group: str) -> None:
        self._store = store
        self._name = f"starts/{group}.json"

    async def count(self) -> int:
        """Add a start and return the number."""
        known = await self._store.read(self._name)
        number = (int(json.loads(known)["starts"]) if known else 0) + 1
        await self._write(number)
        return number

    async def reset_unless_crashed(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        """Set the number back at the end of a run, unless the run crashed."""
        if error is None or isinstance(error, DeployerError):
            with suppress(SdkError, OSError):
                await self._write(0)

    async def _write(self, number: int) -> None:
        await self._store.write(self._name, json.dumps({"starts": number}) + "\n")


async def _restarts(context: Context, group: str) -> int:
    """Return how often Azure has started the container again, 0 if that cannot be read."""
    path = context.azure.resource_id(context.settings.resource_group_name, CONTAINER_GROUP_TYPE, group)
    try:
        properties = await container_group_properties(context.azure, path)
    except SdkError:
        return 0
    containers = properties.get("containers") or []
    views = [(container.get("properties") or {}).get("instanceView") or {} for container in containers]
    return max((int(view.get("restartCount") or 0) for view in views), default=0)
