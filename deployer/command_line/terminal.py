"""The terminal that a command runs in: what it prints and asks, and how its work is ended by a signal.

Rich and the SDKs are imported where they are used: `--help` and a refused setting need none of them.
"""

from __future__ import annotations

import gc
import json
import signal
import sys
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

import typer

from deployer.command_line.options import Output
from deployer.errors import PreflightError
from deployer.helm.binary import (
    DOWNLOADS,
    HELM_VERSION,
    download_helm,
    find_helm,
    is_pinned,
    platform_name,
)
from deployer.private_files import remove_open_folders
from deployer.progress.events import Progress
from deployer.progress.json_log import JsonLog
from deployer.progress.report import StepReport
from deployer.progress.waits import WaitLog
from deployer.redaction import REDACTOR

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import Awaitable, Callable, Coroutine, Sequence
    from pathlib import Path

    from rich.console import Console

    from deployer.azure.session import Session
    from deployer.commands.runner import RunOptions
    from deployer.progress.events import Sink
    from deployer.settings import Settings

T = TypeVar("T")

# More columns than any line has: programs that read what is printed would find half an address.
UNBROKEN = 10_000


def screen(*, stderr: bool = False) -> Console:
    """Return the console for people, which breaks lines at the width of a terminal alone."""
    from rich.console import Console

    console = Console(stderr=stderr, highlight=False)
    if not console.is_terminal:
        console.width = UNBROKEN
    return console


def print_json(value: object) -> None:
    """Print a result for machines."""
    sys.stdout.write(json.dumps(value, indent=2) + "\n")
    # Here, where a failure is told: Python itself would end with an exit status of its own.
    sys.stdout.flush()


def sinks_for(steps: Sequence[str], output: Output) -> list[Sink]:
    """Return the sink for a run: the list of its steps on a terminal, else a log in JSON."""
    if is_for_people(output):
        from deployer.progress.terminal import TerminalSink

        return [TerminalSink(steps)]
    return [JsonLog([log_stream(output)])]


def is_for_people(output: Output) -> bool:
    """Return whether a result is laid out on a terminal; a log in JSON says it already."""
    return sys.stdout.isatty() and output is Output.TEXT


def log_stream(output: Output) -> TextIO:
    """Return the stream for the log: standard output, unless that is for a result in JSON."""
    return sys.stderr if output is Output.JSON else sys.stdout


def late_progress() -> Progress:
    """Return the progress of a command without a list of steps: shown beside its result, if it takes long."""
    return Progress([WaitLog(sys.stderr)], REDACTOR.clean)


async def in_session(settings: Settings, look: Callable[[Session, StepReport], Awaitable[T]]) -> T:
    """Await `look` with an open session."""
    from deployer.azure.session import open_session

    report = StepReport("sign-in", late_progress())
    async with open_session(settings, report) as session:
        return await look(session, report)


def run_to_end(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end; a first signal to end cancels the work in order, a second one ends it at once.

    Raises:
        KeyboardInterrupt: the work was cancelled.

    """
    import asyncio  # A fifth of what is imported until the settings are found valid

    async def interruptible() -> T:
        loop = asyncio.get_running_loop()
        task = asyncio.ensure_future(work)
        numbers = _ending_signals()

        def interrupt() -> None:
            for number in numbers:
                _hasten_at_next(number, loop)
            task.cancel()

        for number in numbers:
            loop.add_signal_handler(number, interrupt)
        return await task

    gc.freeze()  # The modules that are imported so far are not looked through again and again.
    gc.enable()
    try:
        return asyncio.run(interruptible())
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None


def _ending_signals() -> tuple[signal.Signals, ...]:
    """Return the signals that end the work: Ctrl-C, SIGTERM, and SIGHUP of a terminal that is closed.

    SIGHUP does not, where the command was started with nohup, which ignores it.
    """
    interrupting = (signal.SIGINT, signal.SIGTERM)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        return interrupting
    return (*interrupting, signal.SIGHUP)


def _hasten_at_next(number: signal.Signals, loop: AbstractEventLoop) -> None:
    """Let the next signal end the process at once, except SIGHUP, which comes twice from one terminal.

    A shell passes SIGHUP on, and the kernel sends it again when the shell has ended.
    """
    loop.remove_signal_handler(number)
    signal.signal(number, signal.SIG_IGN if number is signal.SIGHUP else _end_now)


def _end_now(number: int, _frame: object) -> None:
    """End the process by the signal that it has received, and leave no keys on the disk."""
    remove_open_folders()
    signal.signal(number, signal.SIG_DFL)
    signal.raise_signal(number)


def helm_program(*, download: bool) -> Path:
    """Return the helm program, after offering to download it if it is missing."""
    found = find_helm()
    if found is not None:
        return found
    missing = "The program helm is not installed, or is older than version 4."
    if not is_pinned():
        raise PreflightError(
            missing,
            cause=f"This release knows no SHA-256 of helm for this machine ({platform_name()}).",
            suggestion=f"Install helm {HELM_VERSION} as https://helm.sh/docs/intro/install says.",
        )
    question = (
        f"helm 4 is not installed. Download helm {HELM_VERSION} for {platform_name()} from {DOWNLOADS} now? "
        "It is used only if it has the SHA-256 that this release was tested with."
    )
    if download or (sys.stdin.isatty() and typer.confirm(question)):
        return download_helm()
    raise PreflightError(
        missing,
        suggestion=f"Install helm 4, or start again with --download-helm to download helm {HELM_VERSION}.",
    )


def run_options(outputs: Path, *, download: bool, wait: bool = False) -> RunOptions:
    """Return how a command runs: with which helm, where its outputs go, whether it waits for another run."""
    from deployer.commands.runner import RunOptions

    return RunOptions(helm_program(download=download), outputs, wait_for_lock=wait)


def require_somebody_to_ask(output: Output, nothing_was: str, how: str) -> None:
    """Refuse a command that has to ask, where nobody can be asked.

    Args:
        output: the format of the result: in JSON, a question would be part of it.
        nothing_was: what has not happened, as in "removed".
        how: how to answer, as in "answer when asked".

    Raises:
        PreflightError: nobody can be asked.

    """
    if output is Output.JSON or not sys.stdin.isatty():
        raise PreflightError(
            f"Nothing was {nothing_was}: nobody was asked.",
            suggestion=f"Start in a terminal and {how}, or give --yes.",
        )


def print_json_line(value: object) -> None:
    """Print one of several results for machines, on a line of its own."""
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()
