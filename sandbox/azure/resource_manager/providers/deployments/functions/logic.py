"""Template functions that compare, compute and convert; `if`, `and` and `or` are in `evaluation`."""

from __future__ import annotations

import json
from typing import Any

from sandbox.azure.resource_manager.providers.deployments.errors import USAGE, ExpressionError
from sandbox.azure.resource_manager.providers.deployments.functions.signature import (
    Function,
    table,
    text_argument,
    type_name,
    whole_number,
    wrong_type,
)


def equals(left: Any, right: Any) -> bool:
    """Return whether type and value are equal, upper and lower case being different."""
    return type(left) is type(right) and bool(left == right)


def fail(message: Any) -> Any:
    """End the evaluation with a message of the template's own.

    Raises:
        ExpressionError: always.

    """
    raise ExpressionError(text_argument("fail", message))


def to_integer(value: Any) -> int:
    """Return a string as an integer; an integer stays."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return int(value)
    try:
        return int(str(value)) if isinstance(value, str) else whole_number("int", value)
    except ValueError:
        raise _unconvertible("int", value) from None


def to_boolean(value: Any) -> bool:
    """Return a string or an integer as a boolean."""
    if isinstance(value, bool | int):
        return bool(value)
    if isinstance(value, str) and value.lower() in ("true", "false", "1", "0"):
        return value.lower() in ("true", "1")
    raise _unconvertible("bool", value)


def from_json(text: Any) -> Any:
    """Return the value of a JSON text."""
    if not isinstance(text, str):
        raise wrong_type("json", "a string", text)
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise ExpressionError(
            f"The template language function 'json' parameter is not valid. The provided value '{text}' "
            f"could not be parsed: {error.msg}. Please see {USAGE}#json for usage details."
        ) from error


def boolean(function: str, value: Any) -> bool:
    """Return a boolean argument.

    Raises:
        ExpressionError: it is something else.

    """
    if not isinstance(value, bool):
        raise ExpressionError(
            f"The provided arguments for template language function '{function}' is not valid: all arguments "
            f"should be of type 'boolean'. Please see {USAGE}#{function} for usage details."
        )
    return value


def _unconvertible(function: str, value: Any) -> ExpressionError:
    return ExpressionError(
        f"The template language function '{function}' was invoked with a parameter that is not valid. The "
        f"value of type '{type_name(value)}' cannot be converted to the type expected. Please see "
        f"{USAGE}#{function} for usage details."
    )


def _ordered(name: str, compare: Any) -> Function:
    """Return a function that compares two integers or two strings."""

    def call(left: Any, right: Any) -> bool:
        if type(left) is not type(right) or not isinstance(left, int | str) or isinstance(left, bool):
            raise wrong_type(name, "two integers or two strings", right)
        return bool(compare(left, right))

    return Function(name, call, 2, 2)


def _arithmetic(name: str, compute: Any) -> Function:
    """Return a function of two integers."""
    return Function(
        name, lambda left, right: compute(whole_number(name, left), whole_number(name, right)), 2, 2
    )


def _extreme(name: str, choose: Any) -> Function:
    """Return a function that chooses one of several integers, or of an array of integers."""

    def call(*values: Any) -> int:
        numbers = values[0] if isinstance(values[0], list) and len(values) == 1 else list(values)
        return int(choose([whole_number(name, number) for number in numbers]))

    return Function(name, call, 1)


FUNCTIONS = table(
    Function("equals", equals, 2, 2),
    Function("not", lambda value: not boolean("not", value), 1, 1),
    Function("fail", fail, 1, 1),
    Function("int", to_integer, 1, 1),
    Function("bool", to_boolean, 1, 1),
    Function("json", from_json, 1, 1),
    Function("true", lambda: True, 0, 0),
    Function("false", lambda: False, 0, 0),
    Function("null", lambda: None, 0, 0),
    _extreme("min", min),
    _extreme("max", max),
    _ordered("less", lambda left, right: left < right),
    _ordered("lessOrEquals", lambda left, right: left <= right),
    _ordered("greater", lambda left, right: left > right),
    _ordered("greaterOrEquals", lambda left, right: left >= right),
    _arithmetic("add", lambda left, right: left + right),
    _arithmetic("sub", lambda left, right: left - right),
    _arithmetic("mul", lambda left, right: left * right),
)
