"""Every place that names a release names this one, and all of them move together."""

from __future__ import annotations

import re
import tomllib

import pytest

from tests.docs.release import PLACES, ROOT, moved

CURRENT = str(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])


@pytest.mark.parametrize("name", PLACES)
def test_a_file_names_this_release(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert moved(name, text, CURRENT) == text


@pytest.mark.parametrize("name", PLACES)
def test_another_release_replaces_it_everywhere(name: str) -> None:
    text = moved(name, (ROOT / name).read_text(encoding="utf-8"), "98.7.6")
    assert "98.7.6" in text
    assert re.search(rf"(?:deployer:|%2Fv){re.escape(CURRENT)}\b", text) is None


def test_a_place_that_names_no_release_is_told() -> None:
    with pytest.raises(ValueError, match="names no version"):
        moved("azuredeploy.json", "{}", "98.7.6")


def test_the_button_names_a_release_and_no_branch() -> None:
    (button,) = re.findall(r"\]\((https://portal\.azure\.com/[^)]*)\)", (ROOT / "README.md").read_text())
    assert f"%2Fv{CURRENT}%2Fazuredeploy.json" in button
    assert "%2Fmain%2F" not in button
