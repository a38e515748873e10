"""The public home stands once, in pyproject.toml; whatever else names it is held to it."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import pytest

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    return dict(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"])


def raw_file(project: dict[str, Any], name: str) -> str:
    """Return where GitHub serves a file of the home as it is."""
    repository = project["urls"]["Repository"].removeprefix("https://github.com/")
    return f"https://raw.githubusercontent.com/{repository}/main/{name}"


def test_the_button_deploys_the_template_of_the_home(project: dict[str, Any]) -> None:
    [link] = re.findall(r"\]\((https://portal\.azure\.com/[^)]*)\)", README)
    released = raw_file(project, "azuredeploy.json").replace("/main/", f"/v{project['version']}/")
    template = quote(released, safe="")
    assert link == f"https://portal.azure.com/#create/Microsoft.Template/uri/{template}"


def test_the_button_names_a_file_that_is_there() -> None:
    [template] = re.findall(r"/uri/([^)]*)\)", README)
    assert (ROOT / unquote(template).rpartition("/")[2]).is_file()


def test_the_template_runs_the_image_of_the_home_at_this_version(project: dict[str, Any]) -> None:
    template = json.loads((ROOT / "azuredeploy.json").read_text(encoding="utf-8"))
    image = project["urls"]["Image"].removeprefix("https://")
    assert template["parameters"]["image"]["defaultValue"] == f"{image}:{project['version']}"


def test_the_readme_runs_the_image_of_the_home_at_this_version(project: dict[str, Any]) -> None:
    image = project["urls"]["Image"].removeprefix("https://")
    named = set(re.findall(rf"{re.escape(image)}\S*", README))
    assert named == {f"{image}:{project['version']}"}


def test_the_schema_of_the_record_is_named_by_where_the_home_serves_it(project: dict[str, Any]) -> None:
    schema = json.loads((ROOT / "docs" / "deployment.schema.json").read_text(encoding="utf-8"))
    assert schema["$id"] == raw_file(project, "docs/deployment.schema.json")


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\((?!https?:)([^)#]+)\)", README))))
def test_the_readme_links_to_files_that_are_there(target: str) -> None:
    assert (ROOT / target).exists()


@pytest.mark.parametrize("anchor", sorted(set(re.findall(r"\]\(#([^)]+)\)", README))))
def test_the_readme_links_to_headings_that_are_there(anchor: str) -> None:
    headings = re.findall(r"^#+ (.*)$", README, flags=re.MULTILINE)
    assert anchor in {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\bmake ([a-z-]+)", README))))
def test_the_readme_names_targets_that_are_there(target: str) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE)
