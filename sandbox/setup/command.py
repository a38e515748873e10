"""The command: finds out what is not set up yet, sets it up, and says what came of it."""

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
from sandbox.setup.control_plane import ControlPlane
from sandbox.setup.helm import HelmProgram, link_helm
from sandbox.setup.python_environment import PythonEnvironment
from sandbox.setup.tasks import run_side_by_side

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sandbox.setup.tasks import SetUpError, Task

ROOT = Path(__file__).resolve().parents[2]
INTERRUPTED = 130


def main() -> int:
    """Set up what is missing and return the exit status."""
    environment = PythonEnvironment(ROOT)
    tasks: tuple[Task, ...] = (environment, ControlPlane(ROOT), Azurite(ROOT), HelmProgram(environment))
    started = monotonic()
    # Some shells start programs in the background deaf to interrupts, and their children inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with _alone_in(ROOT):
            missing = [task for task in tasks if not task.is_done()]
            failures = _set_up(missing)
            if not failures:
                link_helm(environment.directory)
    except (KeyboardInterrupt, asyncio.CancelledError):
        _write("Set-up was interrupted; the next start goes on with what is missing.")
        return INTERRUPTED
    return _conclude(failures, missing, monotonic() - started)


def _set_up(missing: Sequence[Task]) -> list[SetUpError]:
    if not missing:
        return []
    _write(f"Setting up, side by side: {', '.join(task.name for task in missing)}.")
    problems = [problem for task in missing for problem in task.problems()]
    return problems or asyncio.run(_run(missing))


async def _run(missing: Sequence[Task]) -> list[SetUpError]:
    this = asyncio.current_task()
    if this is not None:
        # Ctrl-C cancels already; being asked to end does the same, so that no program is left behind.
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, this.cancel)
    return await run_side_by_side(missing, _write)


def _conclude(failures: Sequence[SetUpError], missing: Sequence[Task], seconds: float) -> int:
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
def _alone_in(root: Path) -> Iterator[None]:
    """Wait until no other set-up works in this checkout."""
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
