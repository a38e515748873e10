"""The command line `python -m sandbox`: starts and stops it, runs commands in it, clicks the button in it."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from sandbox import fault_commands
from sandbox.client import STATE_DIR, RunningSandbox, SandboxError, attach, attached, start_in_background
from sandbox.image.build import find_image
from sandbox.visitor import demo as demonstration
from sandbox.visitor.browser import Browser
from sandbox.visitor.parameters import click_with
from sandbox.visitor.people import VisitorRole, sign_in
from sandbox.visitor.portal import TEMPLATE, Portal
from sandbox.visitor.shell import run_in_sandbox

if TYPE_CHECKING:
    from sandbox.image.build import Image
    from sandbox.server import Options

app = typer.Typer(
    help="Azure on this machine: the deployer, azure-cli, helm and a browser work in it as they do in Azure.",
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(fault_commands.app, name="fault")
screen = Console(highlight=False)

TIME_SCALE = 0.05

StateDir = Annotated[Path, typer.Option("--state-dir", help="What the sandbox keeps while it runs.")]
TimeScale = Annotated[
    float, typer.Option("--time-scale", min=0, max=1, help="Sandbox seconds for one second of Azure.")
]
RunImage = Annotated[
    bool,
    typer.Option("--image", help="Run the image of `make image` in container groups, not this checkout."),
]
Charts = Annotated[
    Path | None,
    typer.Option("--charts", help="Serve the packaged charts of this directory instead of our own."),
]


@app.callback(invoke_without_command=True)
def main(context: typer.Context) -> None:
    """Start the sandbox in the foreground when no command is given."""
    if context.invoked_subcommand is None:
        start()


@app.command()
def start(  # noqa: PLR0913 - each is an option that people type
    *,
    state_dir: StateDir = STATE_DIR,
    time_scale: TimeScale = TIME_SCALE,
    charts: Charts = None,
    new_subscription: Annotated[
        bool, typer.Option("--new-subscription", help="Begin without any registered resource provider.")
    ] = False,
    image: RunImage = False,
    detach: Annotated[bool, typer.Option("--detach", help="Go on in the background.")] = False,
) -> None:
    """Start a sandbox, until Ctrl-C."""
    if (running := attach(state_dir)) is not None:
        raise SandboxError(f"A sandbox runs already (process {running.pid}): python -m sandbox stop ends it.")
    if detach:
        _start_detached(state_dir, time_scale, charts, new_subscription=new_subscription, image=image)
        return
    # Only the sandbox itself needs all that it is made of, which takes longer to import than the rest.
    from sandbox.server import Options  # noqa: PLC0415

    built = _built_image() if image else None
    asyncio.run(_serve(Options(state_dir, time_scale, charts, new_subscription, built)))


@app.command()
def stop(*, state_dir: StateDir = STATE_DIR) -> None:
    """Stop the sandbox that runs in the background, with all that runs in it."""
    running = attach(state_dir)
    if running is None:
        screen.print("No sandbox runs here.")
        return
    running.stop()
    screen.print("The sandbox has ended; nothing of it is left running.")


@app.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
def shell(
    command: Annotated[
        list[str] | None, typer.Argument(help="The command; a shell when there is none.")
    ] = None,
    *,
    role: Annotated[
        VisitorRole,
        typer.Option("--as", help="An Owner, a Contributor of one group, or somebody without any role."),
    ] = VisitorRole.OWNER,
    group: Annotated[
        str,
        typer.Option("--group", help="The Contributor's group; made in westeurope if it is missing."),
    ] = "binderhub",
    state_dir: StateDir = STATE_DIR,
) -> None:
    """Run a command inside the sandbox, signed in as an Owner of its subscription or as somebody else."""
    with attached(state_dir) as running:
        status = run_in_sandbox(running, command or [], sign_in(running, role, group))
    raise typer.Exit(status)


@app.command()
def click(  # noqa: PLR0913 - each is an option that people type
    *,
    parameters: Annotated[Path | None, typer.Option(help="An ARM parameters file.")] = None,
    setting: Annotated[list[str] | None, typer.Option("--set", help="One parameter, as name=value.")] = None,
    name: Annotated[str | None, typer.Option(help="The hub's name; demo when nothing names it.")] = None,
    resource_group: Annotated[
        str | None, typer.Option(help="Made where it is not there; named after the hub by default.")
    ] = None,
    location: Annotated[str, typer.Option(help="Region of a group that has to be made.")] = "westeurope",
    template: Annotated[Path, typer.Option(help="The template.")] = TEMPLATE,
    state_dir: StateDir = STATE_DIR,
) -> None:
    """Deploy the template as the portal does, and follow the deployer to its end."""
    wanted = click_with(
        template,
        parameters_file=parameters,
        settings=setting or [],
        name=name,
        resource_group=resource_group,
        location=location,
    )
    with attached(state_dir) as running:
        succeeded = demonstration.click(Portal(running), wanted, screen)
    raise typer.Exit(0 if succeeded else 1)


@app.command()
def browse(
    url: Annotated[str, typer.Argument(help="The page.")],
    *,
    state_dir: StateDir = STATE_DIR,
) -> None:
    """Open a page in Chromium, inside the sandbox: certificates are checked as everywhere."""
    with attached(state_dir) as running, TemporaryDirectory(prefix="sandbox-browser-") as home:
        browser = Browser(running, Path(home))
        status = run_in_sandbox(running, browser.command(url), browser.environment())
    raise typer.Exit(status)


@app.command()
def state(*, state_dir: StateDir = STATE_DIR) -> None:
    """Show all that exists in the sandbox's Azure, as JSON."""
    with attached(state_dir) as running:
        sys.stdout.write(json.dumps(running.state(), indent=2) + "\n")


@app.command()
def demo(*, state_dir: StateDir = STATE_DIR, image: RunImage = False) -> None:
    """Click the button, visit the hub, and show how to look around."""
    running = attach(state_dir)
    if running is not None and image:
        raise SandboxError(
            "A sandbox runs already, perhaps without the image: python -m sandbox stop ends it."
        )
    running = running or _start_detached(state_dir, TIME_SCALE, None, image=image)
    raise typer.Exit(0 if demonstration.demo(running, screen) else 1)


def run() -> None:
    """Run the command line, and exit with a status for errors."""
    try:
        app()
    except SandboxError as error:
        Console(stderr=True).print(Text(str(error), style="red"))
        sys.exit(error.exit_status)


def _start_detached(
    state_dir: Path,
    time_scale: float,
    charts: Path | None,
    *,
    new_subscription: bool = False,
    image: bool = False,
) -> RunningSandbox:
    options = [f"--time-scale={time_scale}", *([f"--charts={charts.resolve()}"] if charts else [])]
    options += ["--new-subscription"] if new_subscription else []
    options += ["--image"] if image else []
    running = start_in_background(state_dir, *options)
    screen.print(f"The sandbox runs in the background (process {running.pid}).")
    return running


def _built_image() -> Image:
    found = find_image()
    if found is None:
        raise SandboxError("The image was not built since the last change: `make image` builds it.")
    return found


async def _serve(options: Options) -> None:
    """Run a sandbox until a signal arrives."""
    from sandbox.server import Sandbox  # noqa: PLC0415 - as above

    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    sandbox = Sandbox(options)
    try:
        await sandbox.start()
        screen.print(
            "The sandbox runs. In another terminal: python -m sandbox shell -- COMMAND. Ctrl-C ends it."
        )
        await ended.wait()
    finally:
        await sandbox.close()
