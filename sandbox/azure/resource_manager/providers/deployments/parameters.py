"""Validates the parameters of a deployment against the template, as Azure does first of all."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sandbox.azure.resource_manager.providers.deployments.errors import ExpressionError, validation_failed
from sandbox.azure.resource_manager.providers.deployments.evaluation import evaluate
from sandbox.azure.resource_manager.providers.deployments.functions.signature import type_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.azure.resource_manager.providers.deployments.evaluation import Scope

_TYPES: dict[str, tuple[type, str, str]] = {
    # declared type in lower case -> (type of the value, name in responses, name in error texts)
    "string": (str, "String", "String, Uri"),
    "securestring": (str, "SecureString", "String, Uri"),
    "int": (int, "Int", "Integer"),
    "bool": (bool, "Bool", "Boolean"),
    "array": (list, "Array", "Array"),
    "object": (dict, "Object", "Object"),
    "secureobject": (dict, "SecureObject", "Object"),
}


def response_type(declared: str) -> str:
    """Return a declared type as responses spell it."""
    return _TYPES[declared.lower()][1]


def is_secure(declared: str) -> bool:
    """Return whether values of a type are never shown."""
    return declared.lower().startswith("secure")


def require_type(what: str, name: str, declaration: Any) -> None:
    """Check that a parameter or an output has a type that exists.

    Raises:
        ArmError: InvalidTemplate.

    """
    kind = declaration.get("type") if isinstance(declaration, dict) else None
    if not isinstance(kind, str) or kind.lower() not in _TYPES:
        raise validation_failed(f"The type '{kind}' of the template {what} '{name}' is not supported")


def _check_declaration(name: str, declaration: Any) -> None:
    require_type("parameter", name, declaration)
    for bound in ("minLength", "maxLength", "minValue", "maxValue"):
        if type(declaration.get(bound, 0)) is not int:
            raise validation_failed(f"The '{bound}' of the template parameter '{name}' is no integer")
    if not isinstance(declaration.get("allowedValues", []), list):
        raise validation_failed(f"The 'allowedValues' of the template parameter '{name}' are no array")


def resolve_parameters(
    declared: Mapping[str, Mapping[str, Any]], given: Mapping[str, Any], scope: Scope
) -> dict[str, Any]:
    """Return the value of every declared parameter.

    Args:
        declared: `parameters` of the template.
        given: `parameters` of the deployment, name -> `{"value": …}`.
        scope: for default values that are expressions.

    Raises:
        ArmError: a parameter is unknown, missing, of the wrong type or out of bounds.

    """
    for name, declaration in declared.items():
        _check_declaration(name, declaration)
    provided = _match_names(declared, given)
    values: dict[str, Any] = {name: given for name, given in provided.items() if given is not None}
    defaults = replace(scope, parameters=values, in_parameter_default=True)
    for name, declaration in declared.items():
        if name not in values:
            values[name] = _default(name, declaration, defaults)
        _check(name, declaration, values[name])
    return values


def _match_names(declared: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    spelling = {name.lower(): name for name in declared}
    unknown = [name for name in given if name.lower() not in spelling]
    if unknown:
        raise validation_failed(
            f"The template parameters '{', '.join(unknown)}' in the parameters file are not valid; they "
            "are not present in the original template and can therefore not be provided at deployment time. "
            f"The only supported parameters for this template are '{', '.join(declared)}'. Please see "
            "https://aka.ms/arm-pass-parameter-values for usage details."
        )
    for name, wrapped in given.items():
        if isinstance(wrapped, dict) and "reference" in wrapped:
            raise validation_failed(
                f"The template parameter '{name}' refers to a Key Vault secret, which the sandbox lacks"
            )
        if not isinstance(wrapped, dict) or "value" not in wrapped:
            raise validation_failed(
                f"The template parameter '{name}' must be given as an object with a 'value'"
            )
    return {spelling[name.lower()]: wrapped["value"] for name, wrapped in given.items()}


def _default(name: str, declaration: Mapping[str, Any], scope: Scope) -> Any:
    if "defaultValue" not in declaration:
        raise validation_failed(
            f"The value for the template parameter '{name}' is not provided. Please see "
            "https://aka.ms/arm-create-parameter-file for usage details."
        )
    try:
        return evaluate(declaration["defaultValue"], scope)
    except ExpressionError as error:
        raise validation_failed(f"The template parameter '{name}' is not valid: {error}") from error


def _check(name: str, declaration: Mapping[str, Any], value: Any) -> None:
    """Check that the declaration allows a value; error texts never show a secure one."""
    if problem := _type_problem(declaration, value) or _bounds_problem(declaration, value):
        raise validation_failed(
            f"The provided value for the template parameter '{name}' is not valid. {problem}"
        )
    allowed = declaration.get("allowedValues")
    if allowed is not None and value not in allowed:
        shown = "" if is_secure(declaration["type"]) else f" '{value}'"
        raise validation_failed(
            f"The provided value{shown} for the template parameter '{name}' is not valid. The value{shown} "
            f"is not part of the allowed value(s): '{','.join(str(one) for one in allowed)}'."
        )


def _type_problem(declaration: Mapping[str, Any], value: Any) -> str | None:
    expected, _, wording = _TYPES[str(declaration["type"]).lower()]
    if isinstance(value, expected) and (expected is bool or not isinstance(value, bool)):
        return None
    return f"Expected a value of type '{wording}', but received a value of type '{type_name(value)}'."


def _bounds_problem(declaration: Mapping[str, Any], value: Any) -> str | None:
    sized = isinstance(value, str | list)
    measure = len(value) if sized else value
    what = "Length of the value" if sized else "The value"
    least, most = ("minLength", "maxLength") if sized else ("minValue", "maxValue")
    if least in declaration and measure < declaration[least]:
        return f"{what} should be greater than or equal to '{declaration[least]}'."
    if most in declaration and measure > declaration[most]:
        return f"{what} should be less than or equal to '{declaration[most]}'."
    return None
