"""Where a result or a file cannot be written, a command says so in plain words."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from sandbox.client import CHECKOUT

PLAN = (sys.executable, str(CHECKOUT / "entrypoint.py"), "plan")
SETTINGS = {
    "BINDERHUB_NAME": "our-hub",
    "RESOURCE_GROUP_NAME": "our-hub",
    "RESOURCE_GROUP_LOCATION": "westeurope",
    "AZURE_SUBSCRIPTION": "5ab0ca5e-0000-4000-8000-000000000001",
    # Python keeps what it writes until there is more, as it does unless told otherwise.
    "PYTHONUNBUFFERED": "",
}


def plan(redirection: str, output: str) -> subprocess.CompletedProcess[str]:
    """Show a plan in a shell, with a redirection of its output."""
    shell = ("bash", "-c", f'"$@" {redirection}', "bash", *PLAN, "--output", output)
    return subprocess.run(
        shell, env={**os.environ, **SETTINGS}, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("output", ["json", "text"])
def test_a_result_for_which_there_is_no_room_ends_with_words_for_people(output: str) -> None:
    ran = plan(">/dev/full", output)
    assert ran.returncode == 1
    assert ran.stderr.startswith("There is no room to write")
    assert "Traceback" not in ran.stderr
    assert "Exception ignored" not in ran.stderr


def test_a_reader_that_has_gone_away_gets_no_complaint() -> None:
    ran = plan("> >(true); sleep 0.1", "json")
    assert (ran.stdout, ran.stderr) == ("", "")


@pytest.mark.parametrize("output", ["json", "text"])
def test_a_closed_standard_output_is_no_error(output: str) -> None:
    ran = plan(">&-", output)
    assert (ran.returncode, ran.stderr) == (0, "")
