"""Judges values by the schemas in the official charts; tests that use it are marked `online`."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from jsonschema.exceptions import best_match
from jsonschema.validators import validator_for

from tests.published.charts import values_schema

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jsonschema.protocols import Validator


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
    schema = values_schema(chart)
    # The chart's own defaults have what is required.
    _drop_required(schema)
    # Each project has its own draft.
    return validator_for(schema)(schema)


def _drop_required(schema: dict[str, Any]) -> None:
    schema.pop("required", None)
    for inner in schema.get("properties", {}).values():
        _drop_required(inner)
