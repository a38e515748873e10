"""The declaration of a template function, and the checks of arguments that all of them share.

The error texts of Azure about arguments are the same for every function.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.azure.resource_manager.providers.deployments.errors import USAGE, ExpressionError

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Function:
    """A template function.

    Attributes:
        name: its name in templates.
        call: called with the evaluated arguments.
        least: the least number of arguments.
        most: the greatest number of arguments, None for any number.

    """

    name: str
    call: Callable[..., Any]
    least: int = 0
    most: int | None = None

    def check_count(self, given: int) -> None:
        """Check the number of arguments.

        Raises:
            ExpressionError: it is wrong.

        """
        if given >= self.least and (self.most is None or given <= self.most):
            return
        wanted = self.least if given < self.least else self.most
        raise ExpressionError(
            f"Unable to evaluate template language function '{self.name}': function requires {wanted} "
            f"argument(s) while {given} were provided. Please see {USAGE}#{self.name} for usage details."
        )


def table(*functions: Function) -> dict[str, Function]:
    """Return functions by name in lower case, since the names are case-insensitive."""
    return {function.name.lower(): function for function in functions}


def type_name(value: Any) -> str:
    """Return the name of a value's type in error texts."""
    names = {bool: "Boolean", int: "Integer", float: "Float", str: "String", list: "Array", dict: "Object"}
    return names.get(type(value), "Null")


def wrong_type(function: str, expected: str, value: Any) -> ExpressionError:
    """Return the error of an argument with the wrong type."""
    return ExpressionError(
        f"The template language function '{function}' expects its parameter to be {expected}. The provided "
        f"value is of type '{type_name(value)}'. Please see {USAGE}#{function} for usage details."
    )


def text_argument(function: str, value: Any) -> str:
    """Return a string argument.

    Raises:
        ExpressionError: it is something else.

    """
    if not isinstance(value, str):
        raise wrong_type(function, "a string", value)
    return value


def whole_number(function: str, value: Any) -> int:
    """Return an integer argument.

    Raises:
        ExpressionError: it is something else, a boolean included.

    """
    if not isinstance(value, int) or isinstance(value, bool):
        raise wrong_type(function, "an integer", value)
    return value
