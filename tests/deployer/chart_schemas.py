"""Judges values by the schemas that the charts' projects publish, where they stand beside the checkout."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema.exceptions import best_match
from jsonschema.validators import validator_for

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jsonschema.protocols import Validator

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data" / "charts"
needs_chart_schemas = pytest.mark.skipif(
    not FOLDER.is_dir(),
    reason="the charts' value schemas are not here (../shared/data/charts beside the checkout)",
)


def validate_binderhub(values: Mapping[str, Any]) -> None:
    """Hold values to BinderHub's schema, and what they give JupyterHub to JupyterHub's.

    Raises:
        AssertionError: the chart would refuse them.

    """
    _judge("binderhub", values)
    _judge("jupyterhub", values.get("jupyterhub", {}))


def validate_traefik(values: Mapping[str, Any]) -> None:
    """Hold values to the schema of Traefik's chart.

    Raises:
        AssertionError: the chart would refuse them.

    """
    _judge("traefik", values)


def validate_cert_manager(values: Mapping[str, Any]) -> None:
    """Hold values to the schema of cert-manager's chart.

    Raises:
        AssertionError: the chart would refuse them.

    """
    _judge("cert-manager", values)


def _judge(chart: str, values: Mapping[str, Any]) -> None:
    errors = list(_validator(chart).iter_errors(values))
    if errors:
        most_telling = best_match(errors)
        where = "/".join(map(str, most_telling.absolute_path))
        raise AssertionError(f"{chart}: at '{where}': {most_telling.message}")


@cache
def _validator(chart: str) -> Validator:
    schema = json.loads((FOLDER / chart / "values.schema.json").read_text())
    # The chart's own defaults have what is required.
    _drop_required(schema)
    # Each project has its own draft.
    return validator_for(schema)(schema)


def _drop_required(schema: dict[str, Any]) -> None:
    schema.pop("required", None)
    for inner in schema.get("properties", {}).values():
        _drop_required(inner)
