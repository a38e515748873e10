"""`python -m sandbox fault`: let requests fail in a running sandbox, by hand."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from sandbox.client import STATE_DIR, RunningSandbox, SandboxError, attach
from sandbox.network.faults import FaultKind

app = typer.Typer(
    help="Let requests fail as networks and services do: a status, a reset, a hang, a broken answer.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

Kind = Annotated[FaultKind, typer.Argument(help="What happens to the request.")]
StateDir = Annotated[Path, typer.Option("--state-dir", help="What the sandbox keeps while it runs.")]


@app.command("set")
def add(  # noqa: PLR0913 - each is an option that people type
    kind: Kind,
    host: Annotated[str, typer.Argument(help="Regular expression for the whole host name.")],
    *,
    path: Annotated[str, typer.Option(help="Regular expression to search for in path and query.")] = "",
    method: Annotated[str, typer.Option(help="Regular expression for the whole method.")] = ".*",
    skip: Annotated[int, typer.Option(min=0, help="Matching requests that pass first.")] = 0,
    times: Annotated[int, typer.Option(min=0, help="Requests that fail; 0 for all that follow.")] = 1,
    status: Annotated[int | None, typer.Option(help="Status of the answer (kinds status and html).")] = None,
    header: Annotated[list[str] | None, typer.Option(help="A header of the answer, as name=value.")] = None,
    body: Annotated[str | None, typer.Option(help="Body of the answer (kind status).")] = None,
    state_dir: StateDir = STATE_DIR,
) -> None:
    """Let the next matching request fail, or several of them."""
    wanted: dict[str, Any] = {
        "kind": kind,
        "host": host,
        "path": path,
        "method": method,
        "skip": skip,
        "times": times or None,
        "headers": dict(_name_and_value(each) for each in header or []),
        "body": body,
    }
    if status is not None:
        wanted["status"] = status
    _show(_running(state_dir).ask("POST", "/faults", wanted).json())


@app.command("list")
def list_faults(*, state_dir: StateDir = STATE_DIR) -> None:
    """Show the script of faults, each with the requests that it made fail."""
    _show(_running(state_dir).ask("GET", "/faults").json())


@app.command()
def clear(*, state_dir: StateDir = STATE_DIR) -> None:
    """Remove all faults."""
    _running(state_dir).ask("DELETE", "/faults")


def _running(state_dir: Path) -> RunningSandbox:
    running = attach(state_dir)
    if running is None:
        raise SandboxError("No sandbox runs here: python -m sandbox start --detach starts one.")
    return running


def _name_and_value(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise SandboxError(f"{text!r} is not name=value.", exit_status=2)
    return name, value


def _show(document: object) -> None:
    sys.stdout.write(json.dumps(document, indent=2) + "\n")
