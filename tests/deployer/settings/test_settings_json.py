"""A config.json is read as people keep it: with comments, trailing commas and byte order marks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from deployer.errors import SettingsError
from deployer.settings import load_settings
from deployer.settings.json_with_comments import loads

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

COMMENTED = """\
{
  // Which hub
  "binderhub": {"name": "demo"},   # the hub of the group
  /* Where:
     the group exists already */
  "azure": {
    "res_grp_name": "research",    // Azure Resource Group name
    "tags": {"page": "https://example.org/#start", "note": "a, }"},
  },
}
"""
VALUES = some.recursive(
    some.none() | some.booleans() | some.integers() | some.text(),
    lambda inner: some.lists(inner) | some.dictionaries(some.text(), inner),
    max_leaves=10,
)


def problems_of(path: Path) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load_settings({}, path)
    return [str(problem) for problem in caught.value.problems]


def test_comments_and_trailing_commas_are_accepted(write_config: Callable[[object], Path]) -> None:
    settings = load_settings({}, write_config(COMMENTED)).settings
    assert (settings.binderhub_name, settings.resource_group_name) == ("demo", "research")
    assert settings.tags == {"page": "https://example.org/#start", "note": "a, }"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_the_encodings_of_editors_and_of_powershell_are_accepted(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text(COMMENTED.replace("\n", "\r\n"), encoding=encoding, newline="")
    assert load_settings({}, path).settings.binderhub_name == "demo"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ('{\n  // which hub\n  "binderhub" {"name": "demo"}\n}', "line 3, column 15"),
        ('{\n  /* which\n  hub */ "binderhub": demo\n}', "line 3, column 23"),
        ('{"azure": {"location": "uksouth",, "a": 1}}', "line 1, column 34"),
        ('{"azure": "never ends // no }', "line 1, column 11"),
        ('{"binderhub": {"name": "a", // or\n "name": "b"}}', "has the key 'name' twice"),
        ("// nothing\n", "is not JSON (line 2, column 1"),
    ],
)
def test_a_wrong_file_is_one_problem_with_its_place_and_nothing_else_is_claimed(
    content: str, told: str, write_config: Callable[[object], Path]
) -> None:
    (problem,) = problems_of(write_config(content))
    assert told in problem


@pytest.mark.usefixtures("needed")
def test_rules_between_settings_wait_for_a_file_that_can_be_read(
    write_config: Callable[[object], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALLOWED_USERS", "ada")  # AUTHENTICATION may be in the file
    monkeypatch.setenv("AKS_NODE_COUNT", "none")
    file, count = problems_of(write_config('{"auth": {"authentication": "github",,}'))
    assert "is not JSON" in file
    assert count.startswith("AKS_NODE_COUNT")


@given(VALUES)
def test_plain_json_is_read_as_it_is(value: Any) -> None:
    assert loads(json.dumps(value), dict) == value
    assert loads(json.dumps(value, indent=2, ensure_ascii=False), dict) == value


def test_a_file_that_is_nested_without_end_is_refused(write_config: Callable[[object], Path]) -> None:
    with pytest.raises(SettingsError, match="wrong") as caught:
        load_settings({}, write_config('{"a":' * 100_000))
    assert "is not JSON (line 1, column 1: nested too deeply)" in str(caught.value.problems[0])
