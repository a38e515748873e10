"""The resources of a template as they are written, in one list, with their required properties validated.

A child can stand inside its parent: then its type and name lack those of the parent, on which it depends.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.azure.resource_manager.providers.deployments.errors import validation_failed

if TYPE_CHECKING:
    from collections.abc import Iterator

DEPLOYMENTS = "microsoft.resources/deployments"
_UNSUPPORTED = {"copy": "copy loops", "existing": "existing resources", "asserts": "asserts"}


@dataclass(frozen=True)
class ResourceSource:
    """A resource as it is written.

    Attributes:
        written: its JSON object.
        symbol: its key in a template whose resources are an object, None in an array.
        parent: the resource that it stands in, None at the top.

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
        """The resource that it extends, as written; a child extends what its parent does."""
        return self.written.get("scope", self.parent.scope if self.parent else None)

    @property
    def is_deployment(self) -> bool:
        """Whether it is a nested deployment."""
        return self.type.lower() == DEPLOYMENTS

    @property
    def shown(self) -> str:
        """Its name in error texts."""
        return self.symbol or str(self.written.get("name", ""))


def flatten(resources: Any, parent: ResourceSource | None = None) -> Iterator[ResourceSource]:
    """Yield every resource, parents before their children.

    Raises:
        ArmError: a resource lacks a required property, or uses one that the sandbox lacks.

    """
    if not isinstance(resources, list | dict):
        raise validation_failed("The template's resources are neither an array nor an object")
    pairs = resources.items() if isinstance(resources, dict) else ((None, written) for written in resources)
    for symbol, written in pairs:
        if not isinstance(written, dict):
            raise validation_failed(f"The template resource '{symbol or written}' is no object")
        source = ResourceSource(written, symbol, parent)
        _check(source)
        yield source
        yield from flatten(written.get("resources", []), source)


def _check(source: ResourceSource) -> None:
    for word, meaning in _UNSUPPORTED.items():
        if word in source.written:
            raise validation_failed(
                f"The template resource '{source.shown}' uses {meaning}, which the sandbox lacks"
            )
    for needed in ("type", "name", "apiVersion"):
        if not isinstance(source.written.get(needed), str):
            raise validation_failed(f"The template resource '{source.shown}' is missing its '{needed}'")
    if source.is_deployment:
        _check_nested(source)
    dependencies = source.written.get("dependsOn", [])
    if not isinstance(dependencies, list) or not all(isinstance(one, str) for one in dependencies):
        raise validation_failed(
            f"The 'dependsOn' of the template resource '{source.shown}' is no list of ids"
        )


def _check_nested(source: ResourceSource) -> None:
    properties = source.written.get("properties")
    if not isinstance(properties, dict) or not isinstance(properties.get("template"), dict):
        raise validation_failed(
            f"The nested deployment '{source.shown}' has no 'template', and the sandbox lacks linked ones"
        )
    options = properties.get("expressionEvaluationOptions") or {}
    if str(options.get("scope", "outer")).lower() != "inner":
        raise validation_failed(
            f"The expressions of the nested deployment '{source.shown}' have the scope of the outer "
            "template, which the sandbox lacks: set expressionEvaluationOptions.scope to inner"
        )
