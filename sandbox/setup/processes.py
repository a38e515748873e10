"""Runs the programs that set-up consists of, and keeps their last words for the case that they fail."""

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

LAST_WORDS = 15
# How long an interrupted program may take to remove what it made half.
GRACE_SECONDS = 20


async def run(
    *command: str | Path,
    cwd: Path,
    next_step: str,
    tell: Callable[[str], None] | None = None,
) -> None:
    """Run a program to its end; when we are interrupted, it and its children are ended too.

    Args:
        command: program and arguments.
        cwd: where.
        next_step: what the reader can do when it fails.
        tell: given each line of its output.

    Raises:
        SetUpError: it is missing or failed; its last lines are the cause.

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
        last_words = await _listen(process, tell)
        status = await process.wait()
    finally:
        if process.returncode is None:
            await _end(process)
    if status != 0:
        words = " ".join(str(part) for part in command[:4])
        raise SetUpError(f"`{words} …` ended with status {status}.", cause=last_words, next_step=next_step)


async def _listen(process: asyncio.subprocess.Process, tell: Callable[[str], None] | None) -> str:
    last_words: deque[str] = deque(maxlen=LAST_WORDS)
    if process.stdout is None:
        return ""
    async for raw in process.stdout:
        if line := raw.decode(errors="replace").rstrip():
            last_words.append(line)
            if tell is not None:
                tell(line)
    return "\n".join(last_words)


async def _end(process: asyncio.subprocess.Process) -> None:
    """Interrupt a program and its children as Ctrl-C does, so that they clean up, then kill what is left."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGINT)
        with suppress(TimeoutError):
            async with asyncio.timeout(GRACE_SECONDS):
                await process.wait()
        os.killpg(process.pid, signal.SIGKILL)
