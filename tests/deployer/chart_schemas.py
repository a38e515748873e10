"""Judges values by the schemas that the charts' projects publish, where they stand beside the checkout."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft7Validator
from jsonschema.exceptions import best_match

if TYPE_CHECKING:
    from collections.abc import Mapping

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


def _judge(chart: str, values: Mapping[str, Any]) -> None:
    errors = list(_validator(chart).iter_errors(values))
    if errors:
        most_telling = best_match(errors)
        where = "/".join(map(str, most_telling.absolute_path))
        raise AssertionError(f"{chart}: at '{where}': {most_telling.message}")


@cache
def _validator(chart: str) -> Draft7Validator:
    schema = json.loads((FOLDER / chart / "values.schema.json").read_text())
    # The chart's own defaults have what is required.
    _drop_required(schema)
    return Draft7Validator(schema)


def _drop_required(schema: dict[str, Any]) -> None:
    schema.pop("required", None)
    for inner in schema.get("properties", {}).values():
        _drop_required(inner)
