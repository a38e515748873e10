"""Runs the programs of set-up, and keeps the end of their output for the case that they fail."""

from __future__ import annotations

import asyncio
import os
import signal
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING

from sandbox.setup.tasks import SetUpError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KEPT_LINES = 15
# How long an interrupted program may take to clean up.
GRACE_SECONDS = 20


async def run(
    *command: str | Path,
    cwd: Path,
    next_step: str,
    tell: Callable[[str], None] | None = None,
) -> None:
    """Run a program to its end; it and its children are stopped if set-up is interrupted.

    Args:
        command: program and arguments.
        cwd: its working directory.
        next_step: what the reader can do if it fails.
        tell: called with each line of its output.

    Raises:
        SetUpError: it is missing or failed; the end of its output is the cause.

    """
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=cwd,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        raise SetUpError(f"{command[0]} could not be started: {error}", next_step=next_step) from None
    try:
        last_lines = await _read_output(process, tell)
        status = await process.wait()
    finally:
        if process.returncode is None:
            await _end(process)
    if status != 0:
        shown = " ".join(str(part) for part in command[:4])
        raise SetUpError(f"`{shown} …` ended with status {status}.", cause=last_lines, next_step=next_step)


async def _read_output(process: asyncio.subprocess.Process, tell: Callable[[str], None] | None) -> str:
    last_lines: deque[str] = deque(maxlen=KEPT_LINES)
    if process.stdout is None:
        return ""
    async for raw in process.stdout:
        if line := raw.decode(errors="replace").rstrip():
            last_lines.append(line)
            if tell is not None:
                tell(line)
    return "\n".join(last_lines)


async def _end(process: asyncio.subprocess.Process) -> None:
    """Interrupt a program and its children, so that they clean up, then kill what is left."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGINT)
        with suppress(TimeoutError):
            async with asyncio.timeout(GRACE_SECONDS):
                await process.wait()
        os.killpg(process.pid, signal.SIGKILL)
