"""Reads the resources of a template: ids, conditions, and the order of their creation.

A template with an unknown dependency, a repeated resource or a circular dependency is refused here, before
anything is created.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Any

from sandbox.azure.resource_manager.providers.deployments.errors import (
    ExpressionError,
    ReferenceNeeded,
    validation_failed,
)
from sandbox.azure.resource_manager.providers.deployments.evaluation import (
    Verbatim,
    evaluate,
    evaluate_node,
)
from sandbox.azure.resource_manager.providers.deployments.expressions import Call, Index, is_expression, parse
from sandbox.azure.resource_manager.providers.deployments.sources import DEPLOYMENTS, flatten

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sandbox.azure.resource_manager.providers.deployments.evaluation import Scope
    from sandbox.azure.resource_manager.providers.deployments.expressions import Node
    from sandbox.azure.resource_manager.providers.deployments.sources import ResourceSource

_NOT_OF_THE_BODY = {
    "type", "name", "apiVersion", "dependsOn", "condition", "scope", "comments", "resources", "metadata",
    "subscriptionId", "resourceGroup",
}  # fmt: skip


@dataclass(frozen=True)
class TemplateResource:
    """A resource of a template, its name, condition and dependencies evaluated.

    Attributes:
        id: the resource id.
        type: the full type.
        name: the full name.
        symbol: its key in a template whose resources are an object, None in an array.
        api_version: the version to PUT it with.
        deployed: the value of its condition.
        body: what is PUT, its expressions unevaluated.
        depends_on: ids of the resources of the template that are created before it.

    """

    id: str
    type: str
    name: str
    symbol: str | None
    api_version: str
    deployed: bool
    body: Mapping[str, Any]
    depends_on: frozenset[str] = field(default_factory=frozenset)

    @property
    def is_deployment(self) -> bool:
        """Whether it is a nested deployment."""
        return self.type.lower() == DEPLOYMENTS


def read_resources(template: Mapping[str, Any], scope: Scope) -> list[TemplateResource]:
    """Return the resources of a template in an order in which they can be created.

    Raises:
        ArmError: the template is invalid.

    """
    sources = list(flatten(template.get("resources", [])))
    resources = [_read(source, scope) for source in sources]
    _refuse_repetition(resources)
    ids = {id(source): resource.id for source, resource in zip(sources, resources, strict=True)}
    linked = []
    for resource, source in zip(resources, sources, strict=True):
        needed = set(_dependencies(resource, source.written, resources, scope))
        parent = {ids[id(source.parent)]} if source.parent else set()
        linked.append(replace(resource, depends_on=frozenset(needed | parent)))
    return _in_order(linked)


def find_resource(
    resources: list[TemplateResource], target: str, *, by_id: bool = True
) -> TemplateResource | None:
    """Return the resource with a symbol, id or name, None if there is none."""
    wanted = target.lower()
    for resource in resources:
        known = {resource.symbol and resource.symbol.lower(), resource.name.lower()}
        if wanted in known or (by_id and wanted == resource.id.lower()):
            return resource
    return None


def _read(source: ResourceSource, scope: Scope) -> TemplateResource:
    try:
        name = _full_name(source, scope)
        condition = evaluate(source.written.get("condition", True), scope)
        base = _deployment_scope(source, scope) or evaluate(source.scope, scope) or scope.group_id
    except ExpressionError as error:
        raise validation_failed(f"The template resource '{source.shown}' is not valid: {error}") from error
    if not isinstance(condition, bool) or not isinstance(base, str):
        raise validation_failed(
            f"The template resource '{name}' has a condition that is no boolean or a scope that is no id"
        )
    return TemplateResource(
        id=base + _path(source.type, name),
        type=source.type,
        name=name,
        symbol=source.symbol,
        api_version=source.written["apiVersion"],
        deployed=condition,
        body=_body(source),
    )


def _body(source: ResourceSource) -> dict[str, Any]:
    body = {key: value for key, value in source.written.items() if key not in _NOT_OF_THE_BODY}
    if source.is_deployment:
        properties = body["properties"]
        body["properties"] = {**properties, "template": Verbatim(properties["template"])}
    return body


def _deployment_scope(source: ResourceSource, scope: Scope) -> str | None:
    """Return the id of the group that a nested deployment deploys to, None for that of the outer one."""
    if not source.is_deployment:
        return None
    group = evaluate(source.written.get("resourceGroup"), scope)
    subscription = evaluate(source.written.get("subscriptionId"), scope)
    if not group and not subscription:
        return None
    subscription = subscription or scope.context.subscription_id
    return f"/subscriptions/{subscription}/resourceGroups/{group or scope.context.resource_group['name']}"


def _full_name(source: ResourceSource, scope: Scope) -> str:
    own = evaluate(source.written["name"], scope)
    if not isinstance(own, str):
        raise ExpressionError("the name is no string.")
    return own if source.parent is None else f"{_full_name(source.parent, scope)}/{own}"


def _path(kind: str, name: str) -> str:
    namespace, *types = kind.split("/")
    names = str(name).split("/")
    if len(types) != len(names) or not all(names):
        raise validation_failed(
            f"The template resource '{name}' for type '{kind}' has incorrect segment lengths. A nested "
            "resource type must have identical number of segments as its resource name. A root resource type "
            "must have segment length one greater than its resource name. Please see "
            "https://aka.ms/arm-syntax-resources for usage details."
        )
    pairs = "/".join(f"{one}/{own}" for one, own in zip(types, names, strict=True))
    return f"/providers/{namespace}/{pairs}"


def _refuse_repetition(resources: list[TemplateResource]) -> None:
    seen: set[str] = set()
    for resource in resources:
        if resource.id.lower() in seen:
            raise validation_failed(
                f"The resource '{resource.id}' is defined multiple times in a template. Please see "
                "https://aka.ms/arm-syntax-resources for usage details."
            )
        seen.add(resource.id.lower())


def _dependencies(
    resource: TemplateResource, source: Mapping[str, Any], resources: list[TemplateResource], scope: Scope
) -> Iterator[str]:
    for written in source.get("dependsOn", []):
        yield _dependency(resource, written, resources, scope)
    for target in _referenced(source, scope):
        found = find_resource(resources, target, by_id=False)
        if found is not None and found.id != resource.id:
            yield found.id


def _dependency(
    resource: TemplateResource, written: str, resources: list[TemplateResource], scope: Scope
) -> str:
    try:
        target = evaluate(written, scope)
    except ExpressionError as error:
        raise validation_failed(f"The template resource '{resource.name}' is not valid: {error}") from error
    found = find_resource(resources, str(target))
    if found is None:
        raise validation_failed(
            f"The resource '{target}' is not defined in the template. Please see https://aka.ms/arm-syntax "
            "for usage details."
        )
    return found.id


def _referenced(value: Any, scope: Scope) -> Iterator[str]:
    """Yield the first argument of every reference() in a template value.

    Only a reference by name is a dependency, as in Azure; one by id needs dependsOn.
    """
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _referenced(item, scope)
    elif isinstance(value, str) and is_expression(value):
        yield from _references_of(parse(value), scope)


def _references_of(node: Node, scope: Scope) -> Iterator[str]:
    if isinstance(node, Index):
        yield from _references_of(node.of, scope)
        yield from _references_of(node.key, scope)
    elif isinstance(node, Call):
        if node.function.lower() == "reference" and node.arguments:
            try:
                yield str(evaluate_node(node.arguments[0], scope))
            except (ExpressionError, ReferenceNeeded):
                return  # raised again when the resource itself is evaluated
        for argument in node.arguments:
            yield from _references_of(argument, scope)


def _in_order(resources: list[TemplateResource]) -> list[TemplateResource]:
    by_id = {resource.id: resource for resource in resources}
    try:
        order = TopologicalSorter({one.id: one.depends_on for one in resources}).static_order()
        return [by_id[resource_id] for resource_id in order]
    except CycleError as error:
        raise validation_failed(
            f"Circular dependency detected on resource: '{error.args[1][0]}'. Please see "
            "https://aka.ms/arm-syntax-resources for usage details."
        ) from error
