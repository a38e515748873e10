"""The command line: the only place where errors become text and an exit status.

A command imports what it runs when it runs it, after its settings are found valid: SDKs and Rich take longer
to import than everything that `--help` and a refused setting need.
"""

from __future__ import annotations

import gc
import logging
import os
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from deployer.command_line.deploy import deploy, run_deploy
from deployer.command_line.info import info
from deployer.command_line.logs import logs
from deployer.command_line.options import OUTPUTS_DIRECTORY, Output, config_file
from deployer.command_line.plan import plan
from deployer.command_line.power import run_power, start, stop
from deployer.command_line.teardown import remove_from_container, teardown
from deployer.command_line.terminal import run_options, screen
from deployer.command_line.upgrade import upgrade, upgrade_from_container
from deployer.crashes import CleanFormatter, full_disk, traceback_of
from deployer.errors import DeployerError, Interrupted, RepeatableCrash, SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable

app = typer.Typer(
    name="binderhub-deployer",
    help="Give a research group its own BinderHub on Azure.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

# These libraries log failures that the deployer shows as an error of its own, or has waited out.
QUIET_LIBRARIES = ("azure", "msal", "pyhelm3")

# What typer makes of a KeyboardInterrupt, and returns like the result of a command.
INTERRUPTED_IN_TYPER = 130


for each in (deploy, plan, info, logs, upgrade, stop, start, teardown):
    app.command()(each)


def main() -> None:
    """Run the command line."""
    sys.exit(_guarded(lambda: app(standalone_mode=False)))


def run_action() -> None:
    """Run the command that ACTION names, as a container does.

    Its settings come from the environment, and from a config.json where people mounted one.

    A failure that is handled exits with 0, because Azure starts a container again that exits otherwise. So
    does a crash whose starts are not counted: nothing would end the restarts.
    """
    from deployer.settings import exit_zero_when_handled

    handled = exit_zero_when_handled()
    try:
        status = _guarded(_run_named_action)
    except Exception as crash:
        if not handled or isinstance(crash, RepeatableCrash):
            raise
        from deployer import console

        screen(stderr=True).print(console.crash_for_people(crash), soft_wrap=True, markup=False)
        status = 0
    sys.exit(0 if handled and status > 0 else status)


def _run_named_action() -> None:
    from deployer.settings import Action, action, load_settings

    wanted = Action(action())
    given = load_settings({"action": wanted}, config_file())
    options = run_options(OUTPUTS_DIRECTORY, download=False)
    if wanted is Action.DEPLOY:
        run_deploy(given, options, Output.TEXT)
    elif wanted is Action.UPGRADE:
        upgrade_from_container(given, options)
    elif wanted is Action.TEARDOWN:
        remove_from_container(given.settings, options)
    else:
        run_power(given.settings, options, Output.TEXT, stops=wanted is Action.STOP)


def _clean_what_python_says() -> None:
    """Clean tracebacks and the log of libraries, which Python writes to standard error by itself."""
    sys.excepthook = lambda _kind, crash, _trace: _write_crash(crash)
    sys.unraisablehook = lambda failure: _write_crash(failure.exc_value)
    threading.excepthook = lambda failure: _write_crash(failure.exc_value)
    handler = logging.StreamHandler()
    handler.setFormatter(CleanFormatter())
    handler.setLevel(logging.WARNING)
    logging.lastResort = handler


def _write_crash(crash: BaseException | None) -> None:
    if crash is not None:
        sys.stderr.write(traceback_of(crash))


def _open_closed_streams() -> None:
    """Give up what is written where the shell has closed a stream (`>&-`): Python has no object for it."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - open to the end


def _guarded(command: Callable[[], object]) -> int:
    """Run a command and return its exit status."""
    # What is imported stays, so there is no garbage until the work begins, and looking for some would take a
    # tenth of the processor time of a run; `run_to_end` enables it again.
    gc.disable()
    _open_closed_streams()
    _clean_what_python_says()
    for library in QUIET_LIBRARIES:
        logging.getLogger(library).addHandler(logging.NullHandler())
    try:
        result = command()
    except DeployerError as error:
        return _tell_error(error)
    except (KeyboardInterrupt, typer.Abort):
        return _tell_interruption()
    except typer.Exit as ended:
        return ended.exit_code
    except Exception as error:
        told = full_disk(error)
        if told is None and not hasattr(error, "format_message"):
            _clean_what_python_says()  # again: typer has put its own hook in the place of ours
            raise
        return _tell_usage(error) if told is None else _tell_full_disk(told)
    if result == INTERRUPTED_IN_TYPER:
        return _tell_interruption()
    return result if isinstance(result, int) else 0


def _tell_error(error: DeployerError) -> int:
    from deployer import console

    screen(stderr=True).print(console.error_for_people(error), soft_wrap=True)
    return error.exit_status


def _tell_full_disk(error: DeployerError) -> int:
    try:
        sys.stdout.flush()
    except OSError:
        # Give up what standard output could not take: Python would try again at its end, and tell of it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return _tell_error(error)


def _tell_usage(error: Any) -> int:
    """Tell what click says about a command that it cannot read."""
    from rich.text import Text

    screen(stderr=True).print(Text(error.format_message(), style="bold red"))
    screen(stderr=True).print("See --help.")
    return SettingsError.exit_status


def _tell_interruption() -> int:
    screen(stderr=True).print("Interrupted.")
    return Interrupted.exit_status
