"""Runs programs inside a sandbox: with its network, its clusters and its service principal."""

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


def run_inside(
    running: RunningSandbox, command: Sequence[str], environment: Mapping[str, str] | None = None
) -> int:
    """Run a program to its end; return its exit status as a shell tells it.

    Args:
        running: the sandbox.
        command: program and arguments; the person's own shell when empty.
        environment: its variables; None for those of the sandbox's shell.

    Raises:
        SandboxError: there is no such program.

    """
    words = list(command) or [os.environ.get("SHELL") or "sh"]
    with _interrupts_left_to_the_program():
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
def _interrupts_left_to_the_program() -> Iterator[None]:
    """Let Ctrl-C end the program and not us; ignoring it would make the program ignore it too."""
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
