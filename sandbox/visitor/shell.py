"""Runs programs with the network of a sandbox, its clusters and its service principal."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sandbox.client import SandboxError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sandbox.client import RunningSandbox

NOT_FOUND = 127
KILLED_BY = 128


def run_in_sandbox(
    running: RunningSandbox, command: Sequence[str], environment: Mapping[str, str] | None = None
) -> int:
    """Run a program to its end; return its exit status as a shell does.

    Args:
        running: the sandbox.
        command: program and arguments; empty for the shell of $SHELL.
        environment: its variables; None for those of a shell in the sandbox.

    Raises:
        SandboxError: the program can't be started.

    """
    words = list(command) or [os.environ.get("SHELL") or "sh"]
    with _sigint_to_program_only():
        try:
            process = subprocess.Popen(words, env=environment or running.environment())
        except OSError as error:
            raise SandboxError(f"{words[0]} can't be run: {error.strerror}.", NOT_FOUND) from None
        try:
            status = process.wait()
        except BaseException:
            process.terminate()
            process.wait()
            raise
    return KILLED_BY - status if status < 0 else status


@contextmanager
def _sigint_to_program_only() -> Iterator[None]:
    """Let Ctrl-C end the program but not this process; SIG_IGN would be inherited by the program."""
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
