"""A forked command does what a started one does."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from sys import executable

import pytest

from deployer.settings import Settings
from sandbox.client import CHECKOUT
from sandbox.network.environment import network_environment
from tests.fork_server import run_forked

SETTINGS = {
    "PATH": f"{Path(executable).parent}{os.pathsep}{os.environ['PATH']}",
    "BINDERHUB_NAME": "demo",
    "RESOURCE_GROUP_NAME": "demo",
}

# The Blob SDK imports wsgiref, which copies all variables and is not used here.
IMPORT_AND_TELL = """
import os, tempfile

class Watched(type(os.environ)):
    def __getitem__(self, name):
        print(name)
        return super().__getitem__(name)

    def items(self):
        return {}.items()

os.environ.__class__ = Watched
import tests.preloaded
assert tempfile.tempdir is None
"""


def test_what_tests_set_is_not_read_before_a_command_begins() -> None:
    ran = subprocess.run(
        [executable, "-c", IMPORT_AND_TELL],
        cwd=CHECKOUT,
        env=SETTINGS,
        capture_output=True,
        text=True,
        check=True,
    )
    read = set(ran.stdout.split())
    assert "PATH" in read
    settings = {name.upper() for name in Settings.model_fields}
    network = network_environment("", Path())
    assert read & {*settings, *network, "KUBECONFIG", "TMPDIR", "TERM", "COLUMNS"} == set()


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
