"""`python -m sandbox`: start and stop it, run commands inside it, click the button in it."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from sandbox import demo as demonstration
from sandbox.client import STATE_DIR, RunningSandbox, SandboxError, attach, shell_command, start_in_background
from sandbox.portal import TEMPLATE, Click, Portal
from sandbox.server import Options, Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

app = typer.Typer(
    help="Azure on this machine: the deployer, azure-cli, helm and a browser work in it as they do in Azure.",
    add_completion=False,
    pretty_exceptions_enable=False,
)
screen = Console(highlight=False)

TIME_SCALE = 0.05

StateDir = Annotated[Path, typer.Option("--state-dir", help="What the sandbox keeps while it runs.")]
TimeScale = Annotated[
    float, typer.Option("--time-scale", min=0, max=1, help="Sandbox seconds for one second of Azure.")
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
def start(
    *,
    state_dir: StateDir = STATE_DIR,
    time_scale: TimeScale = TIME_SCALE,
    charts: Charts = None,
    detach: Annotated[bool, typer.Option("--detach", help="Go on in the background.")] = False,
) -> None:
    """Start a sandbox, until Ctrl-C."""
    if (running := attach(state_dir)) is not None:
        screen.print(f"A sandbox runs already (process {running.pid}).")
        return
    if detach:
        _start_detached(state_dir, time_scale, charts)
        return
    asyncio.run(_serve(Options(state_dir, time_scale, charts)))


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
    state_dir: StateDir = STATE_DIR,
) -> None:
    """Run a command inside the sandbox, signed in as an Owner of its subscription."""
    with _sandbox(state_dir) as running:
        ran = subprocess.run(shell_command(command or []), env=running.environment(), check=False)
    raise typer.Exit(ran.returncode)


@app.command()
def click(  # noqa: PLR0913 - each is an option that people type
    *,
    parameters: Annotated[Path | None, typer.Option(help="An ARM parameters file.")] = None,
    setting: Annotated[list[str] | None, typer.Option("--set", help="One parameter, as name=value.")] = None,
    resource_group: Annotated[str, typer.Option(help="Made where it is not there.")] = "binderhub",
    location: Annotated[str, typer.Option(help="The group's region.")] = "westeurope",
    template: Annotated[Path, typer.Option(help="The template.")] = TEMPLATE,
    state_dir: StateDir = STATE_DIR,
) -> None:
    """Deploy the template as the portal does, and follow the deployer to its end."""
    given = {"binderHubName": "demo", **_parameters(parameters), **dict(map(_pair, setting or []))}
    with _sandbox(state_dir) as running:
        wanted = Click(given, resource_group, location, template)
        succeeded = demonstration.click(Portal(running), wanted, screen)
    raise typer.Exit(0 if succeeded else 1)


@app.command()
def state(*, state_dir: StateDir = STATE_DIR) -> None:
    """Show all that exists in the sandbox's Azure, as JSON."""
    with _sandbox(state_dir) as running:
        sys.stdout.write(json.dumps(running.state(), indent=2) + "\n")


@app.command()
def demo(*, state_dir: StateDir = STATE_DIR) -> None:
    """Click the button, see that the hub answers, and say how to look around."""
    running = attach(state_dir) or _start_detached(state_dir, TIME_SCALE, None)
    raise typer.Exit(0 if demonstration.demo(running, screen) else 1)


def run() -> None:
    """Run the command line."""
    try:
        app()
    except SandboxError as error:
        Console(stderr=True).print(Text(str(error), style="red"))
        sys.exit(1)


@contextmanager
def _sandbox(state_dir: Path) -> Iterator[RunningSandbox]:
    """Attach to the sandbox that runs, else start one for our own time."""
    running = attach(state_dir)
    if running is not None:
        yield running
        return
    running = start_in_background(state_dir)
    try:
        yield running
    finally:
        running.stop()


def _start_detached(state_dir: Path, time_scale: float, charts: Path | None) -> RunningSandbox:
    options = [f"--time-scale={time_scale}", *([f"--charts={charts.resolve()}"] if charts else [])]
    running = start_in_background(state_dir, *options)
    screen.print(f"The sandbox runs in the background (process {running.pid}).")
    return running


async def _serve(options: Options) -> None:
    """Run a sandbox until a signal ends it."""
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


def _parameters(path: Path | None) -> dict[str, Any]:
    """Read an ARM parameters file."""
    if path is None:
        return {}
    content = json.loads(path.read_text(encoding="utf-8"))
    return {name: given["value"] for name, given in content.get("parameters", content).items()}


def _pair(text: str) -> tuple[str, Any]:
    """Read `name=value`; numbers, booleans and objects are written as JSON."""
    name, _, value = text.partition("=")
    try:
        read = json.loads(value)
    except ValueError:
        read = value
    return name, read if isinstance(read, int | dict | list) else value
