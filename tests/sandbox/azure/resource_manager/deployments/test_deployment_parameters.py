"""Parameters are judged before all else, in Azure's words."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.azure.resource_manager.core.errors import ArmError
from sandbox.azure.resource_manager.providers.deployments.evaluation import Scope
from sandbox.azure.resource_manager.providers.deployments.parameters import resolve_parameters
from tests.template_click import CONTEXT


def resolved(declared: dict[str, Any], **given: Any) -> dict[str, Any]:
    return resolve_parameters(
        declared, {name: {"value": value} for name, value in given.items()}, Scope(CONTEXT)
    )


def refusal(declared: dict[str, Any], **given: Any) -> ArmError:
    with pytest.raises(ArmError) as refused:
        resolved(declared, **given)
    return refused.value


def test_a_given_value_wins_over_the_default() -> None:
    assert resolved({"size": {"type": "string", "defaultValue": "a"}}, size="b") == {"size": "b"}


def test_names_are_matched_in_any_case() -> None:
    assert resolved({"binderHubName": {"type": "string"}}, binderhubname="x") == {"binderHubName": "x"}


def test_a_default_may_be_an_expression_on_time_place_and_other_parameters() -> None:
    declared = {
        "base": {"type": "string"},
        "full": {"type": "string", "defaultValue": "[concat(parameters('base'), utcNow('yyyyMMddHHmmss'))]"},
        "where": {"type": "string", "defaultValue": "[resourceGroup().location]"},
    }
    assert resolved(declared, base="x-") == {
        "base": "x-",
        "full": "x-20261124090807",
        "where": "westeurope",
    }


@pytest.mark.parametrize(
    ("declaration", "value", "complaint"),
    [
        (
            {"type": "string"},
            5,
            "Expected a value of type 'String, Uri', but received a value of type 'Integer'.",
        ),
        ({"type": "int"}, "5", "Expected a value of type 'Integer', but received a value of type 'String'."),
        (
            {"type": "int"},
            True,
            "Expected a value of type 'Integer', but received a value of type 'Boolean'.",
        ),
        (
            {"type": "bool"},
            "true",
            "Expected a value of type 'Boolean', but received a value of type 'String'.",
        ),
        ({"type": "object"}, [], "Expected a value of type 'Object', but received a value of type 'Array'."),
        ({"type": "string", "minLength": 3}, "ab", "should be greater than or equal to '3'."),
        ({"type": "string", "maxLength": 3}, "abcd", "should be less than or equal to '3'."),
        ({"type": "int", "minValue": 1}, 0, "The value should be greater than or equal to '1'."),
        ({"type": "int", "maxValue": 9}, 10, "The value should be less than or equal to '9'."),
        (
            {"type": "string", "allowedValues": ["a", "b"]},
            "c",
            "The value 'c' is not part of the allowed value(s): 'a,b'.",
        ),
    ],
)
def test_what_the_declaration_does_not_allow_is_refused(
    declaration: dict[str, Any], value: Any, complaint: str
) -> None:
    refused = refusal({"p": declaration}, p=value)
    assert refused.code == "InvalidTemplate"
    assert complaint in refused.message
    assert "for the template parameter 'p' is not valid" in refused.message


def test_a_missing_parameter_is_named() -> None:
    assert refusal({"hub": {"type": "string"}}).message == (
        "Deployment template validation failed: 'The value for the template parameter 'hub' is not provided. "
        "Please see https://aka.ms/arm-create-parameter-file for usage details.'."
    )


def test_an_unknown_parameter_is_named_with_those_there_are() -> None:
    message = refusal({"a": {"type": "string"}, "b": {"type": "string"}}, c="x").message
    assert "The template parameters 'c' in the parameters file are not valid" in message
    assert "The only supported parameters for this template are 'a, b'." in message


def test_a_secure_value_is_not_repeated_in_a_refusal() -> None:
    declared = {"key": {"type": "securestring", "allowedValues": ["x"]}}
    assert "canary" not in refusal(declared, key="canary").message


def test_an_unknown_type_is_refused() -> None:
    assert (
        "The type 'text' of the template parameter 'p' is not supported"
        in refusal({"p": {"type": "text"}}, p="x").message
    )
