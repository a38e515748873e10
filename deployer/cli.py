"""The command line: the only place where errors become text and an exit status.

A command imports what it runs when it runs it, after its settings are found valid: SDKs and Rich take longer
to import than everything that `--help` and a refused setting need.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
from contextlib import suppress
from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from deployer.command_line.logs import logs
from deployer.command_line.power import run_power, start, stop
from deployer.command_line.teardown import remove_from_container, teardown
from deployer.command_line.terminal import (
    helm_program,
    in_session,
    log_stream,
    print_json,
    run_to_end,
    screen,
)
from deployer.command_line.upgrade import upgrade, upgrade_from_container
from deployer.crashes import CleanFormatter, traceback_of
from deployer.errors import DeployerError, Interrupted, RepeatableCrash, SettingsError
from deployer.names import HubNames, derive_names
from deployer.options import (
    OUTPUTS_DIRECTORY,
    ConfigOption,
    DirectoryOption,
    DownloadOption,
    GroupOption,
    LocationOption,
    NameOption,
    Output,
    OutputOption,
    SetOption,
    SubscriptionOption,
    WaitOption,
    config_file,
    typed_settings,
)
from deployer.progress.json_log import JsonLog
from deployer.settings import Action
from deployer.settings.loading import LoadedSettings, action, exit_zero_when_handled, load_settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from deployer.azure.session import Session
    from deployer.commands.info import HubInfo
    from deployer.commands.runner import Finished
    from deployer.progress.events import Sink
    from deployer.progress.report import StepReport
    from deployer.settings import Settings

app = typer.Typer(
    name="binderhub-deployer",
    help="Give a research group its own BinderHub on Azure.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

# These libraries log failures that the deployer shows as an error of its own, or has waited out.
QUIET_LIBRARIES = ("azure", "msal", "pyhelm3")


@app.command()
def deploy(  # noqa: PLR0913 - each is an option that people type
    *,
    config: ConfigOption = None,
    name: NameOption = None,
    resource_group: GroupOption = None,
    location: LocationOption = None,
    subscription: SubscriptionOption = None,
    setting: SetOption = None,
    output: OutputOption = Output.TEXT,
    outputs: DirectoryOption = OUTPUTS_DIRECTORY,
    download: DownloadOption = False,
    wait: WaitOption = False,
) -> None:
    """Create or update the hub. Safe to run again: only differences are applied."""
    typed = typed_settings(name, resource_group, location, subscription, setting)
    loaded = load_settings(typed, config_file(config))
    _deploy(loaded, output, outputs, download=download, wait=wait)


@app.command()
def plan(  # noqa: PLR0913 - each is an option that people type
    *,
    config: ConfigOption = None,
    name: NameOption = None,
    resource_group: GroupOption = None,
    location: LocationOption = None,
    subscription: SubscriptionOption = None,
    setting: SetOption = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Show the steps of a deployment in order, without changing anything."""
    typed = typed_settings(name, resource_group, location, subscription, setting)
    loaded = load_settings(typed, config_file(config))
    from deployer import console
    from deployer.plan import build_plan

    settings, names = _resolve(loaded.settings)
    planned = build_plan(settings)
    if output is Output.JSON:
        print_json(console.plan_for_machines(planned, names, loaded.warnings))
    else:
        screen().print(console.plan_for_people(planned, names, loaded.warnings))
        if names.redirect_uri:
            # On one line however narrow the terminal is, because people copy it.
            screen().print(f"\nRedirect URI to register: {names.redirect_uri}", soft_wrap=True)


@app.command()
def info(  # noqa: PLR0913 - each is an option that people type
    *,
    config: ConfigOption = None,
    name: NameOption = None,
    resource_group: GroupOption = None,
    subscription: SubscriptionOption = None,
    setting: SetOption = None,
    output: OutputOption = Output.TEXT,
    outputs: DirectoryOption = OUTPUTS_DIRECTORY,
    download: DownloadOption = False,
) -> None:
    """Show the hub as it is now: addresses, cluster and release. Changes nothing."""
    typed = typed_settings(name, resource_group, None, subscription, setting)
    settings = load_settings(typed, config_file(config)).settings
    from deployer import console
    from deployer.commands.info import inspect_hub

    helm = helm_program(download=download)

    async def look(session: Session, report: StepReport) -> HubInfo:
        return await inspect_hub(session, helm, outputs, report)

    found = run_to_end(in_session(settings, look))
    if output is Output.JSON:
        print_json(asdict(found))
    else:
        screen().print(console.hub_for_people(found))


for later in (logs, upgrade, stop, start, teardown):
    app.command()(later)


def main() -> None:
    """Run the command line."""
    sys.exit(_guarded(lambda: app(standalone_mode=False)))


def run_action() -> None:
    """Run the command that ACTION names, as a container does.

    Its settings come from the environment, and from a config.json where people mounted one.

    A failure that is handled exits with 0, because Azure starts a container again that exits otherwise. So
    does a crash whose starts are not counted: nothing would end the restarts.
    """
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
    # Arguments: the image is run by hand, with a command and its options.
    if len(sys.argv) > 1:
        app(standalone_mode=False)
        return
    wanted = Action(action())
    loaded = load_settings({"action": wanted}, config_file(None))
    if wanted is Action.DEPLOY:
        _deploy(loaded, Output.TEXT, OUTPUTS_DIRECTORY, download=False)
        return
    from deployer.commands.runner import RunOptions

    options = RunOptions(helm_program(download=False), OUTPUTS_DIRECTORY)
    if wanted is Action.UPGRADE:
        upgrade_from_container(loaded, options)
    elif wanted is Action.TEARDOWN:
        remove_from_container(loaded.settings, options)
    else:
        run_power(loaded.settings, options, wanted, Output.TEXT)


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


def _guarded(command: Callable[[], object]) -> int:
    """Run a command and return its exit status."""
    _clean_what_python_says()
    for library in QUIET_LIBRARIES:
        logging.getLogger(library).addHandler(logging.NullHandler())
    try:
        result = command()
    except DeployerError as error:
        from deployer import console

        screen(stderr=True).print(console.error_for_people(error), soft_wrap=True)
        return error.exit_status
    except (KeyboardInterrupt, asyncio.CancelledError, typer.Abort):
        screen(stderr=True).print("Interrupted.")
        return Interrupted.exit_status
    except typer.Exit as ended:
        return ended.exit_code
    except Exception as error:
        if not hasattr(error, "format_message"):
            _clean_what_python_says()  # again: typer has put its own hook in the place of ours
            raise
        from rich.text import Text

        screen(stderr=True).print(Text(error.format_message(), style="bold red"))  # click's usage errors
        screen(stderr=True).print("See --help.")
        return SettingsError.exit_status
    return result if isinstance(result, int) else 0


def _deploy(
    loaded: LoadedSettings, output: Output, outputs: Path, *, download: bool, wait: bool = False
) -> None:
    from deployer.commands.deploy import deploy as run_deployment
    from deployer.commands.runner import RunOptions

    helm = helm_program(download=download)
    in_terminal = sys.stdout.isatty() and output is Output.TEXT
    sink = _terminal(loaded.settings) if in_terminal else JsonLog([log_stream(output)])
    options = RunOptions(helm, outputs, wait_for_lock=wait)
    done = run_to_end(run_deployment(loaded.settings, loaded.warnings, [sink], options))
    if in_terminal or output is Output.JSON:
        _show_deployed(done, output)


def _show_deployed(done: Finished, output: Output) -> None:
    from deployer import console

    if output is Output.JSON:
        print_json(console.deployed_for_machines(done))
    else:
        screen().print(console.deployed_for_people(done))


def _terminal(settings: Settings) -> Sink:
    """Return the list of steps that changes in place."""
    from deployer.plan import build_plan
    from deployer.progress.terminal import TerminalSink

    return TerminalSink(build_plan(settings).step_names)


def _resolve(settings: Settings) -> tuple[Settings, HubNames]:
    """Return settings with subscription and region, signing in only if they leave one of them open."""
    if settings.azure_subscription and settings.resource_group_location:
        # An error means that the subscription is given by its name.
        with suppress(SettingsError):
            return settings, derive_names(settings)

    async def resolved(session: Session, _report: StepReport) -> tuple[Settings, HubNames]:
        return session.settings, session.names

    return run_to_end(in_session(settings, resolved))
