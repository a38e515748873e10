"""azure-cli sends templates as they stand in the file."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from sandbox.azure.resource_manager.providers.deployments.jsonc import loads


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": 1} // the end', {"a": 1}),
        ('{/* "b": 2, */ "a": 1}', {"a": 1}),
        ('{"a": "https://x/*y*/"}', {"a": "https://x/*y*/"}),
        ('{"a": "\\"//no"}', {"a": '"//no'}),
        ('{"a": [1, 2, ], }', {"a": [1, 2]}),
        ('{"a": ",]"}', {"a": ",]"}),
        ('{"a": "two\nlines"}', {"a": "two\nlines"}),
        ('{"a": {"b": 1}, template:{"c": "{d: 1}"}}', {"a": {"b": 1}, "template": {"c": "{d: 1}"}}),
    ],
)
def test_comments_commas_and_line_breaks_are_taken(text: str, value: Any) -> None:
    assert loads(text) == value


@pytest.mark.parametrize("text", ["", "{", '{"a" 1}', "nonsense", '{"a": "x}'])
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(json.JSONDecodeError):
        loads(text)


VALUES = some.recursive(
    some.none() | some.booleans() | some.integers() | some.text(),
    lambda inner: some.lists(inner) | some.dictionaries(some.text(), inner),
    max_leaves=10,
)


@given(VALUES)
def test_plain_json_is_read_as_it_is(value: Any) -> None:
    assert loads(json.dumps(value)) == value
    assert loads(json.dumps(value, indent=2, ensure_ascii=False)) == value
