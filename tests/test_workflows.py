"""Workflows run what people run, with no more rights than they need, and actions that cannot change."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox.clusters import programs

ROOT = Path(__file__).resolve().parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def read(name: str) -> dict[str, Any]:
    return dict(yaml.safe_load((ROOT / ".github" / "workflows" / name).read_text(encoding="utf-8")))


def steps(name: str) -> list[dict[str, Any]]:
    (job,) = read(name)["jobs"].values()
    return list(job["steps"])


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_every_action_is_pinned_to_a_commit_and_tells_its_version(workflow: Path) -> None:
    used = re.findall(r"uses: (.*)", workflow.read_text(encoding="utf-8"))
    assert used
    assert [
        each for each in used if not re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", each)
    ] == []


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_no_job_can_write_more_than_packages(workflow: Path) -> None:
    content = read(workflow.name)
    granted = [content["permissions"], *(job.get("permissions", {}) for job in content["jobs"].values())]
    writable = {scope for each in granted for scope, right in each.items() if right == "write"}
    assert writable <= {"packages", "id-token"}


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_no_step_keeps_the_token_in_the_checkout(workflow: Path) -> None:
    checkouts = [step for step in steps(workflow.name) if "actions/checkout" in step.get("uses", "")]
    assert [step["with"]["persist-credentials"] for step in checkouts] == [False]


def test_the_tests_run_on_every_python_that_is_supported() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    oldest = project["requires-python"].removeprefix(">=")
    (job,) = read("test.yml")["jobs"].values()
    versions = job["strategy"]["matrix"]["python"]
    assert versions == [oldest, "3.12", "3.13"]
    assert steps("test.yml")[-1]["run"] == "make check test"


def test_a_kept_cache_is_left_behind_when_what_it_was_built_from_changes() -> None:
    (key,) = [step["with"]["key"] for step in steps("test.yml") if "actions/cache" in step.get("uses", "")]
    (patterns,) = re.findall(r"hashFiles\((.*)\)", key)
    hashed = {path for pattern in re.findall(r"'(.*?)'", patterns) for path in ROOT.glob(pattern)}
    built_from = set(filter(Path.is_file, programs.MODULE.folder.rglob("*")))
    assert built_from - hashed == set()


def test_the_published_image_is_for_both_machines_and_says_how_it_was_made() -> None:
    push = next(step["with"] for step in steps("image.yml") if step.get("id") == "push")
    assert push["platforms"] == "linux/amd64,linux/arm64"
    assert (push["provenance"], push["sbom"]) == ("mode=max", True)
    declared = re.findall(
        r"^ARG (\w+)", (ROOT / "Dockerfile").read_text(encoding="utf-8"), flags=re.MULTILINE
    )
    assert set(re.findall(r"^(\w+)=", push["build-args"], flags=re.MULTILINE)) == set(declared) - {"BASE"}
