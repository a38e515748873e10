"""A template's resources as they are written: listed flat, and judged for what each must say.

A child may stand inside its parent; type and name then lack the parent's, and the parent comes first without
being said.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.azure.resource_manager.providers.deployments.errors import validation_failed

if TYPE_CHECKING:
    from collections.abc import Iterator

_UNSUPPORTED = {"copy": "copy loops", "existing": "existing resources", "asserts": "asserts"}


@dataclass(frozen=True)
class ResourceSource:
    """One resource as it is written.

    Attributes:
        written: the template's object.
        symbol: its key in a template whose resources are an object.
        parent: the resource it stands in.

    """

    written: dict[str, Any]
    symbol: str | None = None
    parent: ResourceSource | None = None

    @property
    def type(self) -> str:
        """The full type."""
        own = str(self.written["type"])
        return own if self.parent is None else f"{self.parent.type}/{own}"

    @property
    def scope(self) -> Any:
        """What it extends, as written; a child extends what its parent does."""
        return self.written.get("scope", self.parent.scope if self.parent else None)

    @property
    def shown(self) -> str:
        """What the template itself calls it."""
        return self.symbol or str(self.written.get("name", ""))


def flatten(resources: Any, parent: ResourceSource | None = None) -> Iterator[ResourceSource]:
    """Yield every resource, parents before the children that stand in them.

    Raises:
        ArmError: one lacks what it must say, or uses what the sandbox lacks.

    """
    if not isinstance(resources, list | dict):
        raise validation_failed("The template's resources are neither an array nor an object")
    pairs = resources.items() if isinstance(resources, dict) else ((None, written) for written in resources)
    for symbol, written in pairs:
        if not isinstance(written, dict):
            raise validation_failed(f"The template resource '{symbol or written}' is no object")
        source = ResourceSource(written, symbol, parent)
        _judge(source)
        yield source
        yield from flatten(written.get("resources", []), source)


def _judge(source: ResourceSource) -> None:
    for word, meaning in _UNSUPPORTED.items():
        if word in source.written:
            raise validation_failed(
                f"The template resource '{source.shown}' uses {meaning}, which the sandbox lacks"
            )
    for needed in ("type", "name", "apiVersion"):
        if not isinstance(source.written.get(needed), str):
            raise validation_failed(f"The template resource '{source.shown}' is missing its '{needed}'")
    dependencies = source.written.get("dependsOn", [])
    if not isinstance(dependencies, list) or not all(isinstance(one, str) for one in dependencies):
        raise validation_failed(
            f"The 'dependsOn' of the template resource '{source.shown}' is no list of ids"
        )
