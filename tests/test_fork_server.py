"""A forked command does what a started one does."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from sys import executable

import pytest

from sandbox.client import CHECKOUT
from tests.fork_server import run_forked

SETTINGS = {
    "PATH": f"{Path(executable).parent}{os.pathsep}{os.environ['PATH']}",
    "BINDERHUB_NAME": "demo",
    "RESOURCE_GROUP_NAME": "demo",
}


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["plan", "--location", "westeurope"],
        ["plan", "--location", "westeurope", "--output", "json"],
        ["plan", "--location", "nowhere in Europe"],
        ["plan", "--no-such-option"],
    ],
    ids=" ".join,
)
def test_a_forked_command_ends_and_prints_as_a_started_one(arguments: list[str]) -> None:
    command = ["binderhub-deployer", *arguments]
    started = subprocess.run(command, cwd=CHECKOUT, env=SETTINGS, capture_output=True, text=True, check=False)
    forked = run_forked(command, SETTINGS, timeout=60)
    assert (forked.returncode, forked.stdout, forked.stderr) == (
        started.returncode,
        started.stdout,
        started.stderr,
    )


def test_a_forked_command_that_takes_too_long_is_ended() -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        run_forked(["binderhub-deployer", "plan", "--location", "westeurope"], SETTINGS, timeout=0)
