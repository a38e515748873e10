"""Template functions on arrays and objects, and those that accept strings as well."""

from __future__ import annotations

from typing import Any

from sandbox.azure.resource_manager.providers.deployments.errors import ExpressionError
from sandbox.azure.resource_manager.providers.deployments.functions.signature import (
    Function,
    table,
    text_argument,
    whole_number,
    wrong_type,
)
from sandbox.azure.resource_manager.providers.deployments.functions.text import as_text


def concat(*values: Any) -> Any:
    """Return arrays joined to an array, anything else joined to a string."""
    if all(isinstance(value, list) for value in values):
        return [item for value in values for item in value]
    if any(isinstance(value, list | dict) for value in values):
        raise wrong_type("concat", "all strings or all arrays", values[0])
    return "".join(as_text(value) for value in values)


def empty(value: Any) -> bool:
    """Return whether a string, an array or an object is empty, or null."""
    if value is not None and not isinstance(value, str | list | dict):
        raise wrong_type("empty", "an object, an array or a string", value)
    return not value


def length(value: Any) -> int:
    """Return the number of characters, items or keys."""
    if not isinstance(value, str | list | dict):
        raise wrong_type("length", "an array, an object or a string", value)
    return len(value)


def contains(container: Any, wanted: Any) -> bool:
    """Return whether a string has a part, an array an item, or an object a key in upper or lower case."""
    if isinstance(container, dict):
        return text_argument("contains", wanted).lower() in {key.lower() for key in container}
    if isinstance(container, str):
        return as_text(wanted) in container
    if isinstance(container, list):
        return any(type(item) is type(wanted) and item == wanted for item in container)
    raise wrong_type("contains", "an array, an object or a string", container)


def take(value: Any, count: int) -> Any:
    """Return the first items or characters, or all if there are fewer."""
    return _sequence("take", value)[: max(0, whole_number("take", count))]


def skip(value: Any, count: int) -> Any:
    """Return all but the first items or characters."""
    return _sequence("skip", value)[max(0, whole_number("skip", count)) :]


def first(value: Any) -> Any:
    """Return the first item or character; null or "" if there is none."""
    found = _sequence("first", value)[:1]
    return found if isinstance(value, str) else (found[0] if found else None)


def last(value: Any) -> Any:
    """Return the last item or character; null or "" if there is none."""
    found = _sequence("last", value)[-1:]
    return found if isinstance(value, str) else (found[0] if found else None)


def union(*values: Any) -> Any:
    """Return objects merged, inner objects too, where the later win; or arrays without repetition."""
    if all(isinstance(value, dict) for value in values):
        merged: dict[str, Any] = {}
        for value in values:
            merged = _merge(merged, value)
        return merged
    if all(isinstance(value, list) for value in values):
        distinct: list[Any] = []
        distinct.extend(item for value in values for item in value if item not in distinct)
        return distinct
    raise wrong_type("union", "all arrays or all objects", values[0])


def create_object(*pairs: Any) -> dict[str, Any]:
    """Return the object with alternating keys and values."""
    if len(pairs) % 2:
        raise ExpressionError(
            "Unable to evaluate template language function 'createObject': the function expects an even "
            f"number of parameters while {len(pairs)} were provided."
        )
    keys = [text_argument("createObject", key) for key in pairs[::2]]
    return dict(zip(keys, pairs[1::2], strict=True))


def items(value: Any) -> list[dict[str, Any]]:
    """Return the keys and values of an object as an array, sorted by key."""
    if not isinstance(value, dict):
        raise wrong_type("items", "an object", value)
    return [{"key": key, "value": value[key]} for key in sorted(value)]


def _merge(lower: dict[str, Any], upper: dict[str, Any]) -> dict[str, Any]:
    merged = dict(lower)
    for key, value in upper.items():
        below = merged.get(key)
        merged[key] = _merge(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return merged


def _sequence(function: str, value: Any) -> Any:
    if not isinstance(value, str | list):
        raise wrong_type(function, "an array or a string", value)
    return value


def count_up(start: Any, count: Any) -> list[int]:
    """Return `count` integers from `start`."""
    first = whole_number("range", start)
    return list(range(first, first + whole_number("range", count)))


FUNCTIONS = table(
    Function("concat", concat, 1),
    Function("empty", empty, 1, 1),
    Function("length", length, 1, 1),
    Function("contains", contains, 2, 2),
    Function("take", take, 2, 2),
    Function("skip", skip, 2, 2),
    Function("first", first, 1, 1),
    Function("last", last, 1, 1),
    Function("union", union, 1),
    Function("range", count_up, 2, 2),
    Function("createArray", lambda *values: list(values)),
    Function("createObject", create_object),
    Function("items", items, 1, 1),
)
