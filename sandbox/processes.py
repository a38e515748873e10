"""Child processes that end with the sandbox."""

from __future__ import annotations

import asyncio
import ctypes
import signal
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# For programs in Go. On two cores a control plane that runs on one of them at a time starts in no more time,
# and takes a fifth less of the processor. With twice the garbage between two collections it takes another
# tenth less, for 180 MB of the 1,600 that a demo may have.
GO_RUNTIME = {"GOMAXPROCS": "1", "GOGC": "200"}

_LIBC = ctypes.CDLL(None)
_SET_PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of prctl(2)


def die_with_parent() -> None:
    """Ask Linux to kill this process when its parent ends; called in the child before its program starts."""
    _LIBC.prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)


async def start(
    program: Path,
    *arguments: str,
    log: Path,
    environment: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> asyncio.subprocess.Process:
    """Start a program.

    Args:
        program: its path.
        arguments: its arguments.
        log: file to which its standard output and error are appended.
        environment: all its variables; None for those of this process.
        cwd: its working directory; None for that of this process.

    """
    with log.open("ab") as file:
        return await asyncio.create_subprocess_exec(
            program,
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            env=environment,
            cwd=cwd,
            preexec_fn=die_with_parent,
        )


async def kill(process: asyncio.subprocess.Process) -> None:
    """Kill a process and wait for its end; on SIGTERM an API server would take a minute."""
    with suppress(ProcessLookupError):
        process.kill()
    await process.wait()


def memory_bytes(pid: int) -> dict[str, int]:
    """Return the memory of a process and of all below it, by the name of their program.

    Memory that processes share counts once: Linux tells the proportional set size of each.
    """
    sizes: Counter[str] = Counter()
    for process in (pid, *_descendants(pid)):
        with suppress(OSError):  # it has just ended
            folder = Path(f"/proc/{process}")
            lines = (folder / "smaps_rollup").read_text().splitlines()
            kilobytes = next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
            sizes[(folder / "comm").read_text().strip()] += kilobytes * 1024
    return dict(sizes)


def _descendants(pid: int) -> list[int]:
    found = []
    with suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            for child in (thread / "children").read_text().split():
                found += [int(child), *_descendants(int(child))]
    return found
