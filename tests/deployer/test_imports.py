"""What is imported by when: people wait for a start, and the largest libraries take half a second."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.template_click import REPOSITORY

SETTINGS = {
    "BINDERHUB_NAME": "demo",
    "RESOURCE_GROUP_NAME": "demo",
    "RESOURCE_GROUP_LOCATION": "westeurope",
}
# Ends the program as soon as its settings are found valid.
UNTIL_SETTINGS_ARE_VALID = """
import runpy, sys
from deployer import settings

def load_and_end(*arguments, load=settings.load_settings):
    load(*arguments)
    sys.exit()

settings.load_settings = load_and_end
runpy.run_path("entrypoint.py", run_name="__main__")
"""
UNTIL_THE_RUN_STARTS = """
import deployer.commands.deploy
from deployer.plan import build_plan
from deployer.settings import load_settings

build_plan(load_settings({}, None).settings)
"""


def imported_by(*arguments: str) -> set[str]:
    """Run Python, and return the names of all modules that it imported."""
    ran = subprocess.run(
        [sys.executable, "-X", "importtime", *arguments],
        cwd=REPOSITORY,
        env=SETTINGS,
        capture_output=True,
        text=True,
        check=True,
    )
    return {line.rpartition("|")[2].strip() for line in ran.stderr.splitlines()}


@pytest.mark.parametrize(
    "library", ["azure", "aiohttp", "asyncio", "kr8s", "jinja2", "rich", "httpx", "pyhelm3", "urllib.request"]
)
def test_a_library_is_not_imported_before_the_settings_are_found_valid(library: str) -> None:
    imported = imported_by("-c", UNTIL_SETTINGS_ARE_VALID)
    assert "deployer.settings.loading" in imported
    assert library not in imported


def test_the_help_text_needs_neither_the_settings_nor_a_library_of_azure_or_kubernetes() -> None:
    imported = imported_by("entrypoint.py", "deploy", "--help")
    assert "deployer.cli" in imported
    assert not {"deployer.settings", "asyncio", "azure", "aiohttp", "kr8s"} & imported


def test_the_first_request_waits_for_no_library_that_only_later_requests_need() -> None:
    imported = imported_by("-c", UNTIL_THE_RUN_STARTS)
    assert "azure.identity.aio" in imported
    assert (
        not {"azure.mgmt.containerservice", "azure.mgmt.resource", "azure.storage", "kr8s", "httpx"}
        & imported
    )
