"""The command line: the only place where errors become text and an exit status.

A command imports what it runs when it runs it, after its settings are found valid: SDKs and Rich take longer
to import than everything that `--help` and a refused setting need.
"""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import sys
from contextlib import suppress
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

import typer

from deployer.errors import (
    DeployerError,
    Interrupted,
    PreflightError,
    RepeatableCrash,
    SettingsError,
)
from deployer.helm.binary import HELM_VERSION, download_helm, find_helm
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
from deployer.private_files import remove_open_folders
from deployer.progress.events import Progress
from deployer.progress.json_log import JsonLog
from deployer.progress.report import StepReport
from deployer.settings.loading import LoadedSettings, action, exit_zero_when_handled, load_settings

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine
    from pathlib import Path

    from rich.console import Console

    from deployer.azure.session import Session
    from deployer.commands.deploy import Deployed
    from deployer.commands.info import HubInfo
    from deployer.progress.events import Sink
    from deployer.settings import Settings

T = TypeVar("T")

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
        _print_json(console.plan_for_machines(planned, names, loaded.warnings))
    else:
        screen = _screen()
        screen.print(console.plan_for_people(planned, names, loaded.warnings))
        if names.redirect_uri:
            # On one line however narrow the terminal is, because people copy it.
            screen.print(f"\nRedirect URI to register: {names.redirect_uri}", soft_wrap=True)


@app.command()
def info(  # noqa: PLR0913 - each is an option that people type
    *,
    config: ConfigOption = None,
    name: NameOption = None,
    resource_group: GroupOption = None,
    subscription: SubscriptionOption = None,
    setting: SetOption = None,
    output: OutputOption = Output.TEXT,
    download: DownloadOption = False,
) -> None:
    """Show the hub as it is now: addresses, cluster and release. Changes nothing."""
    typed = typed_settings(name, resource_group, None, subscription, setting)
    settings = load_settings(typed, config_file(config)).settings
    from deployer import console
    from deployer.commands.info import inspect_hub

    helm = _helm(download=download)

    async def look(session: Session, report: StepReport) -> HubInfo:
        return await inspect_hub(session, helm, report)

    found = _run(_in_session(settings, look))
    if output is Output.JSON:
        _print_json(asdict(found))
    else:
        _screen().print(console.hub_for_people(found))


def main() -> None:
    """Run the command line."""
    sys.exit(_guarded(lambda: app(standalone_mode=False)))


def run_action() -> None:
    """Run the command that ACTION names, with all settings from the environment, as a container does.

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

        _screen(stderr=True).print(console.crash_for_people(crash), soft_wrap=True, markup=False)
        status = 0
    sys.exit(0 if handled and status > 0 else status)


def _run_named_action() -> None:
    # Arguments: the image is run by hand, with a command and its options.
    if len(sys.argv) > 1:
        app(standalone_mode=False)
        return
    wanted = action()  # raises for every action but deploy
    _deploy(load_settings({"action": wanted}, None), Output.TEXT, OUTPUTS_DIRECTORY, download=False)


def _guarded(command: Callable[[], object]) -> int:
    """Run a command and return its exit status."""
    for library in QUIET_LIBRARIES:
        logging.getLogger(library).addHandler(logging.NullHandler())
    try:
        result = command()
    except DeployerError as error:
        from deployer import console

        _screen(stderr=True).print(console.error_for_people(error), soft_wrap=True)
        return error.exit_status
    except (KeyboardInterrupt, asyncio.CancelledError, typer.Abort):
        _screen(stderr=True).print("Interrupted.")
        return Interrupted.exit_status
    except typer.Exit as ended:
        return ended.exit_code
    except Exception as error:
        if not hasattr(error, "format_message"):
            raise
        from rich.text import Text

        _screen(stderr=True).print(Text(error.format_message(), style="bold red"))  # click's usage errors
        _screen(stderr=True).print("See --help.")
        return SettingsError.exit_status
    return result if isinstance(result, int) else 0


def _deploy(
    loaded: LoadedSettings, output: Output, outputs: Path, *, download: bool, wait: bool = False
) -> None:
    from deployer.commands.deploy import DeployOptions
    from deployer.commands.deploy import deploy as run_deployment

    helm = _helm(download=download)
    in_terminal = sys.stdout.isatty() and output is Output.TEXT
    sink = _terminal(loaded.settings) if in_terminal else JsonLog([_log_stream(output)])
    options = DeployOptions(helm, outputs, wait_for_lock=wait)
    done = _run(run_deployment(loaded.settings, loaded.warnings, [sink], options))
    if in_terminal or output is Output.JSON:
        _show_deployed(done, output)


def _show_deployed(done: Deployed, output: Output) -> None:
    from deployer import console

    if output is Output.JSON:
        _print_json(console.deployed_for_machines(done))
    else:
        _screen().print(console.deployed_for_people(done))


def _terminal(settings: Settings) -> Sink:
    """Return the list of steps that changes in place."""
    from deployer.plan import build_plan
    from deployer.progress.terminal import TerminalSink

    return TerminalSink(build_plan(settings).step_names)


def _log_stream(output: Output) -> TextIO:
    """Return the stream for the log: standard output, unless that is for a result in JSON."""
    return sys.stderr if output is Output.JSON else sys.stdout


def _resolve(settings: Settings) -> tuple[Settings, HubNames]:
    """Return settings with subscription and region, signing in only if they leave one of them open."""
    if settings.azure_subscription and settings.resource_group_location:
        # An error means that the subscription is given by its name.
        with suppress(SettingsError):
            return settings, derive_names(settings)

    async def resolved(session: Session, _report: StepReport) -> tuple[Settings, HubNames]:
        return session.settings, session.names

    return _run(_in_session(settings, resolved))


async def _in_session(settings: Settings, look: Callable[[Session, StepReport], Awaitable[T]]) -> T:
    """Await `look` with an open session, without showing progress."""
    from deployer.azure.session import open_session

    report = StepReport("sign-in", Progress())
    async with open_session(settings, report) as session:
        return await look(session, report)


def _run(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end; a first SIGINT or SIGTERM cancels the work in order, a second one ends it at once."""

    async def interruptible() -> T:
        loop = asyncio.get_running_loop()
        task = asyncio.ensure_future(work)

        def interrupt() -> None:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)
                signal.signal(number, _end_now)
            task.cancel()

        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, interrupt)
        return await task

    return asyncio.run(interruptible())


def _end_now(number: int, _frame: object) -> None:
    """End the process by the signal that it has received, and leave no keys on the disk."""
    remove_open_folders()
    signal.signal(number, signal.SIG_DFL)
    signal.raise_signal(number)


def _helm(*, download: bool) -> Path:
    """Return the helm program, after offering to download it if it is missing."""
    found = find_helm()
    if found is not None:
        return found
    question = f"helm is not installed. Download helm {HELM_VERSION} now (verified by its SHA-256)?"
    if download or (sys.stdin.isatty() and typer.confirm(question)):
        return download_helm()
    raise PreflightError(
        "The program helm is not installed.",
        suggestion=f"Install helm 4, or start again with --download-helm to download helm {HELM_VERSION}.",
    )


def _screen(*, stderr: bool = False) -> Console:
    """Return the console for people."""
    from rich.console import Console

    return Console(stderr=stderr, highlight=False)


def _print_json(value: object) -> None:
    sys.stdout.write(json.dumps(value, indent=2) + "\n")
