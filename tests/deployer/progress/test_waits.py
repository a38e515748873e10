"""A command without a list of steps tells what it waits for, once it has been silent for a while."""

from __future__ import annotations

import io
import os
import signal
import subprocess
from pathlib import Path
from sys import executable

from deployer.progress.events import Event, EventKind, Progress
from deployer.progress.report import StepReport
from deployer.progress.waits import WaitLog

ID = "0a1b2c3d-0000-4000-8000-00000000000a"
# Nothing listens there.
NOWHERE = "http://127.0.0.1:9"
SETTINGS = {
    "PATH": f"{Path(executable).parent}{os.pathsep}{os.environ['PATH']}",
    "HTTPS_PROXY": NOWHERE,
    "BINDERHUB_NAME": "demo",
    "RESOURCE_GROUP_NAME": "demo",
    "SP_APP_ID": ID,
    "SP_APP_KEY": "of nobody, and long enough",
    "SP_TENANT_ID": ID,
}


def test_only_progress_that_comes_late_is_written() -> None:
    early, late = io.StringIO(), io.StringIO()
    progress = Progress([WaitLog(early, 60), WaitLog(late, 0)])
    StepReport("sign-in", progress).progress("waiting for\nthe identity")
    progress.emit(Event(EventKind.RUN_STARTED, "Looking"))
    assert (early.getvalue(), late.getvalue()) == ("", "waiting for the identity\n")


def test_a_reader_that_is_gone_ends_nothing() -> None:
    closed = io.StringIO()
    closed.close()
    StepReport("sign-in", Progress([WaitLog(closed, 0)])).progress("waiting")


def test_a_command_that_waits_for_azure_says_so_beside_its_result() -> None:
    command = ["binderhub-deployer", "info"]
    with subprocess.Popen(
        command, env=SETTINGS, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        first = process.stderr.readline()
        process.send_signal(signal.SIGINT)
        result, rest = process.communicate(timeout=30)
    assert first.startswith("login.microsoftonline.com cannot be reached; trying again")
    assert (process.returncode, result) == (3, "")
    assert rest.endswith("Interrupted.\n")
