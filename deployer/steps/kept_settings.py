"""Keeps the settings of a successful deployment in the cluster, for later upgrades.

What only the settings before needed, and nothing removes, is named before they are forgotten.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deployer.kubernetes.stored_settings import read_stored_settings, store_settings
from deployer.names import derive_names
from deployer.run.workflow import Step
from deployer.settings import ContainerRegistry

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from deployer.progress.report import StepReport
    from deployer.run.context import Context


def kept_settings_step() -> Step[Context]:
    """Declare the step."""
    return Step("kept-settings", "Keep the settings in the cluster for later upgrades", keep_settings)


async def keep_settings(context: Context, report: StepReport) -> str:
    """Replace the settings where they differ."""
    api = await context.results.cluster.get().api()
    former = await read_stored_settings(api)
    if former is not None:
        for note in (*_unused_registry(context, former), *_unwanted_tags(context, former)):
            report.note(note)
    changed = await store_settings(api, context.settings.chosen())
    return "settings kept for later upgrades" if changed else "nothing to change"


def _unused_registry(context: Context, former: Mapping[str, Any]) -> Iterator[str]:
    """Yield a note about the registry of the former settings, which people have to remove."""
    before = _registry(context, former.get("container_registry"), former.get("registry_name"))
    settings = context.settings
    if before and before != _registry(context, settings.container_registry, settings.registry_name):
        yield (
            f"The registry {before} is no longer used, and costs as before. If nobody else needs it and its "
            "images, remove it in the portal."
        )


def _registry(context: Context, kind: str | None, name: str | None) -> str | None:
    """Return the name of the registry in Azure that a hub with these settings uses."""
    if kind == ContainerRegistry.DOCKERHUB:
        return None
    return derive_names(context.settings.model_copy(update={"registry_name": name})).registry


def _unwanted_tags(context: Context, former: Mapping[str, Any]) -> Iterator[str]:
    """Yield a note about tags that the settings no longer have: resources may have them from others, too."""
    wanted = {name.casefold() for name in context.settings.tags}
    unwanted = sorted(name for name in former.get("tags") or () if name.casefold() not in wanted)
    if unwanted:
        yield (
            f"The tags {', '.join(unwanted)} stay on what has them: the deployer adds and changes tags, and "
            "removes none. Remove them in the portal."
        )
