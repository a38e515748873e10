"""The set-up command: runs the tasks that are not done yet, and prints the outcome."""

from __future__ import annotations

import asyncio
import fcntl
import os
import signal
import sys
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from deployer.progress.lines import duration
from sandbox.setup.azurite import Azurite
from sandbox.setup.go_programs import GoPrograms
from sandbox.setup.helm import HelmProgram, link_helm
from sandbox.setup.python_environment import PythonEnvironment
from sandbox.setup.tasks import run_concurrently

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sandbox.setup.tasks import SetUpError, Task

ROOT = Path(__file__).resolve().parents[2]
INTERRUPTED = 130


def main() -> int:
    """Set up what is missing; return the exit status."""
    environment = PythonEnvironment(ROOT)
    tasks: tuple[Task, ...] = (
        environment,
        GoPrograms(ROOT),
        Azurite(ROOT, environment),
        HelmProgram(environment),
    )
    started = monotonic()
    # Some shells ignore SIGINT in background jobs, which child processes would inherit.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with _lock(ROOT):
            missing = [task for task in tasks if not task.is_done()]
            failures = _set_up(missing)
            if not failures:
                link_helm(environment.directory)
    except (KeyboardInterrupt, asyncio.CancelledError):
        _write("Set-up was interrupted; the next start goes on with what is missing.")
        return INTERRUPTED
    return _report(failures, missing, monotonic() - started)


def _set_up(missing: Sequence[Task]) -> list[SetUpError]:
    if not missing:
        return []
    _write("Setting up, side by side, with what each downloads:")
    for task in missing:
        _write(f"  {task.name:<14} {task.downloads}")
    problems = [problem for task in missing for problem in task.problems()]
    return problems or asyncio.run(_run(missing))


async def _run(missing: Sequence[Task]) -> list[SetUpError]:
    this = asyncio.current_task()
    if this is not None:
        # SIGTERM cancels, as Ctrl-C does, so that no child process is left.
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, this.cancel)
    return await run_concurrently(missing, _write)


def _report(failures: Sequence[SetUpError], missing: Sequence[Task], seconds: float) -> int:
    for failure in failures:
        _write(f"\n{failure}")
    if failures:
        _write("\nSet-up failed. What is done stays done; the next start goes on with the rest.")
        return 1
    _write(f"Everything is set up ({duration(seconds)}).")
    if missing:
        _write("The next start sets up nothing.")
    return 0


@contextmanager
def _lock(root: Path) -> Iterator[None]:
    """Wait until no other set-up runs in this checkout."""
    descriptor = os.open(root / "requirements-development.lock", os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _write("Waiting for another set-up in this checkout to end.")
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _write(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
