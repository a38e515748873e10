"""Parameters of a click: names in any case, and no Key Vault."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.visitor.parameters import ParametersError, click_with
from tests.template_click import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.visitor.portal import Click


def click_with_file(folder: Path, parameters: dict[str, Any]) -> Click:
    file = folder / "parameters.json"
    file.write_text(json.dumps({"parameters": parameters}))
    return click_with(REPOSITORY / "azuredeploy.json", parameters_file=file, location="westeurope")


def test_names_in_a_file_are_compared_without_case(tmp_path: Path) -> None:
    click = click_with_file(tmp_path, {"BINDERHUBNAME": {"value": "my-hub"}, "aksnodecount": {"value": 2}})
    assert click.parameters == {"binderHubName": "my-hub", "aksNodeCount": 2}


def test_a_key_vault_is_said_to_be_lacking(tmp_path: Path) -> None:
    secret = {"reference": {"keyVault": {"id": "/subscriptions/x"}, "secretName": "y"}}
    with pytest.raises(ParametersError, match="helmValues refers to a secret in a Key Vault"):
        click_with_file(tmp_path, {"helmValues": secret})


@pytest.mark.parametrize("parameter", [{}, {"values": 1}])
def test_a_parameter_without_a_value_is_named(tmp_path: Path, parameter: dict[str, Any]) -> None:
    with pytest.raises(ParametersError, match="binderHubName has no value"):
        click_with_file(tmp_path, {"binderHubName": parameter})
