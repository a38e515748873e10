"""The schema of the results of commands is one, and knows every kind of thing."""

from __future__ import annotations

from jsonschema import Draft202012Validator

from deployer.inventory.things import Kind
from tests.results import results_schema


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(results_schema())


def test_every_kind_of_thing_is_in_the_schema() -> None:
    assert results_schema()["$defs"]["thing"]["properties"]["kind"]["enum"] == [kind.value for kind in Kind]
