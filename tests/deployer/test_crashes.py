"""Whatever Python says about a programming error, on whichever way, has no secret in it."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap

import pytest

from deployer.crashes import words_of
from deployer.errors import DeployerError
from deployer.redaction import MASK

CANARY = 'canary-token-7f3a/"+é'
SET_UP = """
    import asyncio, sys
    from pathlib import Path
    import pydantic
    import deployer.steps.sign_in as sign_in
    from deployer import cli
    from deployer.command_line import terminal
    canary = sys.argv.pop(1)
    class Model(pydantic.BaseModel):
        number: int
"""
RUN = """
    def crash(*_):
        fail()
    sign_in.open_session = crash
    import deployer.azure.session
    deployer.azure.session.open_session = crash
    terminal.find_helm = lambda: Path("/bin/true")
    sys.argv = ["binderhub-deployer", sys.argv[1], *sys.argv[2:]]
    cli.main()
"""
CRASHES = {
    "an argument": "raise RuntimeError(canary)",
    "a cause": "raise RuntimeError('met') from KeyError(canary)",
    "a context": "try:\n    raise KeyError(canary)\nexcept KeyError:\n    raise RuntimeError('met')",
    "a note": "error = RuntimeError('met')\nerror.add_note(f'with {canary}')\nraise error",
    "a group": "raise ExceptionGroup('met', [ValueError(canary), ExceptionGroup('in', [KeyError(canary)])])",
    "a file name": "raise FileNotFoundError(2, 'No such file', canary)",
    "shortened input": "Model(number=canary * 9)",
    "a task that nobody waits for": (
        "async def lost():\n    raise RuntimeError(canary)\n"
        "task = asyncio.ensure_future(lost())\nasyncio.get_running_loop().call_later(0.05, task.cancel)\n"
        "del task\nimport gc\nasyncio.get_running_loop().call_later(0.01, gc.collect)\n"
        "raise RuntimeError('met')"
    ),
    "a destructor": (
        "class Lost:\n    def __del__(self):\n        raise RuntimeError(canary)\n"
        "Lost()\nraise RuntimeError('met')"
    ),
    "a log of a library": (
        "import logging\nlogging.getLogger('library').error('met %s', canary)\nraise RuntimeError('met')"
    ),
}
# What is not written at all: a deployment raises without causes, and ends before its tasks are counted.
UNSEEN = {"a cause", "a context", "a task that nobody waits for"}


def crash(way: str, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command that crashes where it signs in."""
    failing = "def fail():\n" + textwrap.indent(CRASHES[way], "    ")
    program = "\n".join([textwrap.dedent(SET_UP), failing, textwrap.dedent(RUN)])
    environment = {
        "PATH": "/usr/bin:/bin",
        "BINDERHUB_NAME": "demo",
        "RESOURCE_GROUP_NAME": "demo",
        "AZURE_SUBSCRIPTION": "5ab0ca5e-0000-4000-8000-000000000001",
        "RESOURCE_GROUP_LOCATION": "westeurope",
        "GITHUB_ACCESS_TOKEN": CANARY,
        **{name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")},
    }
    return subprocess.run(
        [sys.executable, "-c", program, CANARY, *command],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize("way", CRASHES)
def test_a_crash_shows_no_secret_in(way: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("outputs")
    ran = crash(way, "deploy", "--outputs", str(folder))
    written = [path.read_text() for path in folder.rglob("*") if path.is_file()]
    assert ran.returncode != 0
    assert "Traceback" in ran.stderr
    assert MASK in ran.stderr or way in UNSEEN
    assert len(written) >= 3
    for text in (ran.stdout, ran.stderr, *written):
        assert "canary-token" not in text


def test_other_commands_are_no_less_careful() -> None:
    ran = crash("a cause", "info")
    assert "RuntimeError: met" in ran.stderr
    assert "KeyError" in ran.stderr
    assert "canary-token" not in ran.stderr + ran.stdout


def test_an_error_that_nobody_foresaw_is_named_by_its_kind_and_place() -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        print(1 / 0)  # noqa: T201 - never printed
    assert words_of(caught.value).startswith("ZeroDivisionError (test_crashes.py, line ")
    assert words_of(DeployerError("The hub is full.")) == "The hub is full."
