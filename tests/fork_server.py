"""Runs commands of the deployer in processes that find its libraries imported.

A deployment imports 1,900 modules, which takes more of the processor than all else that a command does whose
hub exists, and tests run some 150 of them. A fork server of multiprocessing imports the modules once, and is
forked for each command: a process with its own arguments, variables and files. While they are imported, no
module but aiohttp (see `_run`) reads what tests set. A start itself is tested with commands that are started
as people start them: those on terminals, those in containers, and those that are interrupted.
"""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DEPLOYER = "binderhub-deployer"
MODULE = (sys.executable, "-m")

_SERVER = get_context("forkserver")
_SERVER.set_forkserver_preload(["tests.preloaded"])


def is_forked(command: Sequence[str]) -> bool:
    """Tell whether a command is the deployer, or a module that runs it in a special way."""
    return command[0] == DEPLOYER or command[:2] == MODULE


def run_forked(
    command: Sequence[str], environment: Mapping[str, str], timeout: float
) -> subprocess.CompletedProcess[str]:
    """Run such a command to its end, in the working folder of this process.

    Args:
        command: its name and arguments, as in a shell.
        environment: all its variables.
        timeout: seconds until it has to end; then it is killed.

    Raises:
        subprocess.TimeoutExpired: it did not end in time; with what it had printed.

    """
    with TemporaryDirectory() as folder:
        stdout, stderr = Path(folder, "stdout"), Path(folder, "stderr")
        stdout.touch()
        stderr.touch()
        process = _SERVER.Process(target=_run, args=(command, dict(environment), stdout, stderr))
        process.start()
        process.join(timeout)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise subprocess.TimeoutExpired(command, timeout, stdout.read_bytes(), stderr.read_bytes())
        return subprocess.CompletedProcess(
            command, process.exitcode, stdout.read_text("utf-8"), stderr.read_text("utf-8")
        )


def _run(command: Sequence[str], environment: Mapping[str, str], stdout: Path, stderr: Path) -> None:
    """Become the command: what `binderhub-deployer` of the virtual environment does in a new process."""
    for path, stream in ((stdout, sys.stdout), (stderr, sys.stderr)):
        with path.open("wb") as file:
            os.dup2(file.fileno(), stream.fileno())
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = list(command)

    from aiohttp import connector  # noqa: PLC0415 - as below

    from deployer.cli import main  # noqa: PLC0415 - pytest, which imports this file too, has no need of it

    # aiohttp read the certificates of SSL_CERT_FILE when it was imported: the command has a file of its own.
    connector._SSL_CONTEXT_VERIFIED = connector._make_ssl_context(verified=True)  # noqa: SLF001 - nothing public does
    if command[0] == DEPLOYER:
        main()
    else:
        sys.argv = sys.argv[2:]
        runpy.run_module(command[2], run_name="__main__", alter_sys=True)
