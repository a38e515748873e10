"""The whole click from the image: what only exists in the checkout is missing there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from sandbox.client import RunningSandbox, start_in_background
from sandbox.visitor.portal import Portal
from tests.conftest import TIME_SCALE
from tests.end_to_end.deployments import click, outputs_of, writes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.image.build import Image
    from sandbox.visitor.portal import Clicked

HUB = "imaged"
EMAIL = "you@university.example.org"


@pytest.fixture(scope="module")
def image_sandbox(image: Image, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    """Run a sandbox whose container groups run the image."""
    assert image.root.is_dir()
    running = start_in_background(tmp_path_factory.mktemp("image"), f"--time-scale={TIME_SCALE}", "--image")
    yield running
    running.stop()


@pytest.fixture(scope="module")
def clicked(image_sandbox: RunningSandbox) -> Clicked:
    return click(image_sandbox, HUB, contactEmail=EMAIL)


def test_a_click_ends_with_a_hub_that_answers(image_sandbox: RunningSandbox, clicked: Clicked) -> None:
    assert clicked.succeeded, clicked.events[-3:]
    visited = Portal(image_sandbox).visit(f"https://{HUB}.westeurope.cloudapp.azure.com/versions")
    assert visited.startswith("200")
    outputs = outputs_of(image_sandbox, clicked)
    assert json.loads(outputs["deployment.json"])["status"] == "done"
    assert "next-steps.md" in outputs


def test_a_second_click_changes_nothing_of_the_hub(image_sandbox: RunningSandbox, clicked: Clicked) -> None:
    assert clicked.succeeded
    before = len(image_sandbox.requests())
    again = click(image_sandbox, HUB, contactEmail=EMAIL)
    assert again.succeeded, again.events[-3:]
    changed = [write for write in writes(image_sandbox.requests()[before:]) if "managedClusters" in write]
    assert changed == []


def test_a_failed_click_leaves_its_reason_in_the_outputs(image_sandbox: RunningSandbox) -> None:
    failed = click(image_sandbox, "failing", binderHubVersion="99.0.0", contactEmail=EMAIL)
    assert (failed.succeeded, failed.exit_code) == (False, 0)
    record = json.loads(outputs_of(image_sandbox, failed)["deployment.json"])
    assert record["status"] == "failed"
    assert "99.0.0" in record["error"]["message"]
