"""Evaluates template expressions, from syntax tree to value.

Template functions that read the template (`parameters`, `reference`, …) or leave arguments unevaluated (`if`,
`filter`, …) are defined here, all others in `functions`. Evaluation never waits: if it needs a resource that
has not been fetched it raises ReferenceNeeded, and the caller fetches that and evaluates once more.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sandbox.azure.resource_manager.providers.deployments.errors import (
    ExpressionError,
    ReferenceNeeded,
    misplaced_function,
    unknown_function,
)
from sandbox.azure.resource_manager.providers.deployments.expressions import (
    Call,
    Index,
    Literal,
    is_expression,
    parse,
    unescape,
)
from sandbox.azure.resource_manager.providers.deployments.functions import (
    collections,
    deployment,
    hashing,
    logic,
    resources,
    text,
)
from sandbox.azure.resource_manager.providers.deployments.functions.logic import boolean
from sandbox.azure.resource_manager.providers.deployments.functions.signature import (
    Function,
    table,
    text_argument,
    type_name,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sandbox.azure.resource_manager.providers.deployments.context import DeploymentContext
    from sandbox.azure.resource_manager.providers.deployments.expressions import Node

_PURE = text.FUNCTIONS | logic.FUNCTIONS | collections.FUNCTIONS | hashing.FUNCTIONS | resources.FUNCTIONS
_SCOPED = resources.SCOPED_FUNCTIONS | deployment.SCOPED_FUNCTIONS
_DEFAULTS_ONLY = deployment.PARAMETER_DEFAULT_FUNCTIONS


@dataclass(frozen=True)
class Verbatim:
    """A value whose expressions belong to another scope: the template of a nested deployment.

    Attributes:
        value: as it is written.

    """

    value: Any


@dataclass(frozen=True)
class Lambda:
    """The value of lambda().

    Attributes:
        names: its variables.
        body: evaluated for each item.

    """

    names: tuple[str, ...]
    body: Node


@dataclass(frozen=True)
class Scope:
    """What an expression can use, which depends on its place in the template.

    Attributes:
        context: the context of the deployment.
        parameters: the values of the parameters.
        variables: the variables, unevaluated.
        references: the fetched resources, by target and api-version; None where reference() is not allowed.
        in_parameter_default: whether utcNow() is allowed.
        lambda_variables: the values of the variables of all lambdas around the expression.
        known: the values of the variables that were asked for, by their names in lower case.

    """

    context: DeploymentContext
    parameters: Mapping[str, Any] = field(default_factory=dict)
    variables: Mapping[str, Any] = field(default_factory=dict)
    references: Mapping[tuple[str, str | None], Mapping[str, Any]] | None = None
    in_parameter_default: bool = False
    lambda_variables: Mapping[str, Any] = field(default_factory=dict)
    known: dict[str, Any] = field(default_factory=dict, compare=False)

    @property
    def group_id(self) -> str:
        """The id of the resource group that is deployed to."""
        return str(self.context.resource_group["id"])


def evaluate(value: Any, scope: Scope) -> Any:
    """Return a template value with every expression in it evaluated, keys of objects included.

    Raises:
        ExpressionError: an expression is invalid.
        ReferenceNeeded: a resource has to be fetched first.

    """
    if isinstance(value, Verbatim):
        return value.value
    if isinstance(value, str):
        return evaluate_node(parse(value), scope) if is_expression(value) else unescape(value)
    if isinstance(value, list):
        return [evaluate(item, scope) for item in value]
    if isinstance(value, dict):
        return {evaluate(key, scope): evaluate(item, scope) for key, item in value.items()}
    return value


def evaluate_known(value: Any, scope: Scope) -> Any:
    """Return a template value evaluated as far as no resource is needed; the rest stays as it is written."""
    if isinstance(value, list):
        return [evaluate_known(item, scope) for item in value]
    if isinstance(value, dict):
        return {evaluate(key, scope): evaluate_known(item, scope) for key, item in value.items()}
    try:
        return evaluate(value, scope)
    except ReferenceNeeded:
        return value


def evaluate_node(node: Node, scope: Scope) -> Any:
    """Return the value of a parsed expression."""
    if isinstance(node, Literal):
        return node.value
    if isinstance(node, Index):
        return _look_up(evaluate_node(node.of, scope), evaluate_node(node.key, scope))
    return _call(node, scope)


def _call(node: Call, scope: Scope) -> Any:
    name = node.function.lower()
    if lazy := _LAZY.get(name):
        lazy.check_count(len(node.arguments))
        return lazy.call(scope, *node.arguments)
    function, leading = _find(node.function, scope)
    function.check_count(len(node.arguments))
    return function.call(*leading, *(evaluate_node(argument, scope) for argument in node.arguments))


def _find(name: str, scope: Scope) -> tuple[Function, tuple[Any, ...]]:
    """Return a function, and what it is called with before its arguments."""
    key = name.lower()
    if function := _PURE.get(key):
        return function, ()
    if function := _SCOPED.get(key):
        return function, (scope.context,)
    if function := _OF_TEMPLATE.get(key):
        return function, (scope,)
    if function := _DEFAULTS_ONLY.get(key):
        if not scope.in_parameter_default:
            raise misplaced_function(name)
        return function, (scope.context,)
    raise unknown_function(name)


def _look_up(value: Any, key: Any) -> Any:
    if isinstance(value, dict) and isinstance(key, str):
        for name, item in value.items():
            if name.lower() == key.lower():
                return item
        raise ExpressionError(
            f"The language expression property '{key}' doesn't exist, available properties are "
            f"'{', '.join(value)}'."
        )
    if isinstance(value, list) and isinstance(key, int) and not isinstance(key, bool):
        if 0 <= key < len(value):
            return value[key]
        raise ExpressionError(f"The language expression property array index '{key}' is out of bounds.")
    raise ExpressionError(
        f"The language expression property '{key}' can't be evaluated, the value is of type "
        f"'{type_name(value)}'."
    )


def _named(values: Mapping[str, Any], name: Any, kind: str) -> Any:
    for key, value in values.items():
        if key.lower() == text_argument(f"{kind}s", name).lower():
            return value
    raise ExpressionError(
        f"The template {kind} '{name}' is not found. Please see https://aka.ms/arm-syntax-{kind}s for usage "
        "details."
    )


def _parameter(scope: Scope, name: Any) -> Any:
    return _named(scope.parameters, name, "parameter")


def _variable(scope: Scope, name: Any) -> Any:
    """Return the value of a variable, which is evaluated once: variables that use variables take long."""
    written, key = _named(scope.variables, name, "variable"), str(name).lower()
    if key not in scope.known:
        try:
            # Nothing of the place where it is used reaches a variable.
            scope.known[key] = evaluate(written, replace(scope, references=None, lambda_variables={}))
        except RecursionError:
            raise ExpressionError(f"The template variable '{name}' refers to itself.") from None
    return deepcopy(scope.known[key])


def _reference(scope: Scope, target: Any, api_version: str | None = None, full: str = "") -> Any:
    if scope.references is None:
        raise misplaced_function("reference")
    state = scope.references.get((text_argument("reference", target), api_version))
    if state is None:
        raise ReferenceNeeded(target, api_version)
    return state if full.lower() == "full" else state.get("properties", {})


def _lambda_variable(scope: Scope, name: Any) -> Any:
    return _named(scope.lambda_variables, name, "lambda variable")


def _if(scope: Scope, condition: Node, then: Node, otherwise: Node) -> Any:
    return evaluate_node(then if boolean("if", evaluate_node(condition, scope)) else otherwise, scope)


def _and(scope: Scope, *conditions: Node) -> bool:
    return all(boolean("and", evaluate_node(condition, scope)) for condition in conditions)


def _or(scope: Scope, *conditions: Node) -> bool:
    return any(boolean("or", evaluate_node(condition, scope)) for condition in conditions)


def _coalesce(scope: Scope, *choices: Node) -> Any:
    values = (evaluate_node(choice, scope) for choice in choices)
    return next((value for value in values if value is not None), None)


def _lambda(scope: Scope, *parts: Node) -> Lambda:
    names = (text_argument("lambda", evaluate_node(name, scope)) for name in parts[:-1])
    return Lambda(tuple(names), parts[-1])


def _each(function: str, scope: Scope, array: Node, made: Node) -> tuple[list[Any], Callable[[Any], Any]]:
    """Return the items of an array, and a callable that evaluates a lambda for one of them."""
    values, body = evaluate_node(array, scope), evaluate_node(made, scope)
    if not isinstance(values, list) or not isinstance(body, Lambda) or len(body.names) != 1:
        raise ExpressionError(
            f"The template language function '{function}' expects an array and a lambda of one variable."
        )
    name = body.names[0]

    def apply(item: Any) -> Any:
        inner = replace(scope, lambda_variables={**scope.lambda_variables, name: item})
        return evaluate_node(body.body, inner)

    return values, apply


def _filter(scope: Scope, array: Node, predicate: Node) -> list[Any]:
    values, apply = _each("filter", scope, array, predicate)
    return [value for value in values if boolean("filter", apply(value))]


def _map(scope: Scope, array: Node, change: Node) -> list[Any]:
    values, apply = _each("map", scope, array, change)
    return [apply(value) for value in values]


_OF_TEMPLATE = table(
    Function("parameters", _parameter, 1, 1),
    Function("variables", _variable, 1, 1),
    Function("reference", _reference, 1, 3),
    Function("lambdaVariables", _lambda_variable, 1, 1),
)
_LAZY = table(
    Function("if", _if, 3, 3),
    Function("and", _and, 2),
    Function("or", _or, 2),
    Function("coalesce", _coalesce, 1),
    Function("lambda", _lambda, 2),
    Function("filter", _filter, 2, 2),
    Function("map", _map, 2, 2),
)
