"""Deployments as tests make them: through the CLI as a process, or through the button."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from sandbox.client import CHECKOUT
from sandbox.internet.certificate_authorities.authorities import DIRECTORIES
from sandbox.visitor.portal import Click, Clicked, Portal
from tests.deployment_record import violations
from tests.fork_server import is_forked, run_forked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from sandbox.client import RunningSandbox

WRITING = {"PUT", "PATCH", "DELETE", "POST"}
# A POST that reads: what the cluster's credentials are, who somebody is.
READING_POSTS = ("/listClusterUserCredential", "/oauth2/token", "/oauth2/v2.0/token", "/users/login")
# Tests ask the sandbox; cert-manager asks authorities, whose orders tests count, and reads from them by POST.
OF_OTHERS = {"sandbox.internal", *(urlsplit(directory).netloc for directory in DIRECTORIES.values())}
PATIENCE_SECONDS = 240
# Runs a command on a terminal of its own, which is wide enough for whole sentences.
TERMINAL = {"TERM": "xterm", "COLUMNS": "300"}
ON_TERMINAL = (
    sys.executable,
    "-c",
    "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))",
)
# No node has this label, so helm waits for the pod of BinderHub as long as it is let.
UNSCHEDULABLE = {"HELM_VALUES": '{"nodeSelector": {"no-such": "node"}}'}


@dataclass(frozen=True)
class Ran:
    """A command that has ended."""

    status: int
    stdout: str
    stderr: str

    @property
    def result(self) -> dict[str, Any]:
        """What `--output json` printed."""
        return dict(json.loads(self.stdout))


def run(sandbox: RunningSandbox, *command: str, typed: str | None = None, **environment: str) -> Ran:
    """Run a command inside the sandbox, with these variables beside the sandbox's own."""
    variables = {**sandbox.environment(), **environment}
    try:
        if typed is None and is_forked(command):
            ran = run_forked(command, variables, PATIENCE_SECONDS)
        else:
            ran = _run_program(command, variables, typed)
    except subprocess.TimeoutExpired as late:
        printed = b"".join(each or b"" for each in (late.output, late.stderr)).decode()
        pytest.fail(f"{command} had not ended after {PATIENCE_SECONDS} s:\n{printed}")
    return Ran(ran.returncode, ran.stdout, ran.stderr)


def _run_program(
    command: Sequence[str], environment: Mapping[str, str], typed: str | None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=CHECKOUT,
        env=environment,
        input=typed,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )


def deploy(sandbox: RunningSandbox, folder: Path, hub: str, **environment: str) -> Ran:
    """Deploy from a laptop: a service principal, outputs in a folder."""
    return run(sandbox, *deploy_command(folder), **{**hub_settings(hub), **environment})


def deploy_in_terminal(sandbox: RunningSandbox, folder: Path, hub: str, **environment: str) -> Ran:
    """Deploy as `deploy` does, on a terminal: standard output is what people see."""
    command = ("binderhub-deployer", "deploy", "--outputs", str(folder))
    settings = {**hub_settings(hub), **TERMINAL, **environment}
    return run(sandbox, *ON_TERMINAL, *command, **settings)


def type_into(sandbox: RunningSandbox, typed: str, *command: str) -> Ran:
    """Run a command on a terminal, and type what it asks for; standard output is what people see."""
    return run(sandbox, *ON_TERMINAL, *command, typed=typed, **TERMINAL)


def deploy_command(folder: Path) -> tuple[str, ...]:
    """Return the command that deploys, with its outputs in a folder."""
    return ("binderhub-deployer", "deploy", "--output", "json", "--outputs", str(folder))


def hub_settings(hub: str) -> dict[str, str]:
    """Return the settings of a hub in a group of its own."""
    return {"BINDERHUB_NAME": hub, "RESOURCE_GROUP_NAME": hub, "RESOURCE_GROUP_LOCATION": "westeurope"}


def click(sandbox: RunningSandbox, hub: str, location: str = "westeurope", /, **parameters: Any) -> Clicked:
    """Click the button and follow the deployer to its end."""
    clicked = start_click(sandbox, hub, location, **parameters)
    await_end(sandbox, clicked)
    return clicked


def start_click(
    sandbox: RunningSandbox, hub: str, location: str = "westeurope", /, **parameters: Any
) -> Clicked:
    """Click the button; return when the deployer has started."""
    wanted = Click({"binderHubName": hub, **parameters}, resource_group=hub, location=location)
    return Portal(sandbox).deploy(wanted)


def await_end(sandbox: RunningSandbox, clicked: Clicked) -> None:
    """Wait until the deployer has ended; its events are then in the outcome of the click."""
    for _ in Portal(sandbox).follow(clicked):
        pass


@contextmanager
def group_of(sandbox: RunningSandbox, hub: str) -> Iterator[str]:
    """Remove the hub's group afterwards, with its cluster: the machine has other work to do."""
    yield hub
    Portal(sandbox).remove_group(hub)


def add_service_principal(sandbox: RunningSandbox, *roles: str) -> dict[str, str]:
    """Let IT prepare a service principal with roles on the subscription; return its SP_… settings."""
    wanted = {"name": "prepared by IT", "roles": [{"role": role} for role in roles]}
    made = sandbox.ask("POST", "/service-principals", wanted).json()
    return dict(made["settings"])


def latest_record(folder: Path) -> dict[str, Any]:
    """Return the record of the latest run, which has to keep to its schema."""
    latest = json.loads((folder / "latest.json").read_text(encoding="utf-8"))
    record = dict(json.loads((folder / latest["record"]).read_text(encoding="utf-8")))
    assert violations(record) == []
    return record


def writes(requests: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the requests that changed something or made a credential."""
    return [
        f"{request['method']} {request['host']}{request['path']}"
        for request in requests
        if request["method"] in WRITING
        and request["host"] not in OF_OTHERS
        and not request["path"].partition("?")[0].endswith(READING_POSTS)
    ]


def with_writes(sandbox: RunningSandbox, deploying: Callable[[], Ran]) -> tuple[Ran, list[str]]:
    """Deploy; return the requests that meanwhile wrote something, too."""
    before = len(sandbox.requests())
    ran = deploying()
    return ran, writes(sandbox.requests()[before:])


def outputs_of(
    sandbox: RunningSandbox, clicked: Clicked, reader: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return the outputs of the latest run, by file name; read by who clicked or by a service principal."""
    portal = Portal(sandbox, reader)
    folder = json.loads(portal.read_blob(clicked.account, "latest.json"))["run"]
    names = portal.list_blobs(clicked.account, folder)
    return {name.rpartition("/")[2]: portal.read_blob(clicked.account, name).decode() for name in names}
