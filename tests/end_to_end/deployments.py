"""Deployments as tests make them: through the CLI as a process, or through the button."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.portal import Click, Clicked, Portal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from sandbox.client import RunningSandbox

WRITING = {"PUT", "PATCH", "DELETE", "POST"}
# A POST that reads: what the cluster's credentials are, who somebody is.
READING_POSTS = ("/listClusterUserCredential", "/oauth2/token", "/oauth2/v2.0/token", "/users/login")
PATIENCE_SECONDS = 240


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


def run(sandbox: RunningSandbox, *command: str, **environment: str) -> Ran:
    """Run a command inside the sandbox, with these variables beside the sandbox's own."""
    ran = subprocess.run(
        command,
        env={**sandbox.environment(), **environment},
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    return Ran(ran.returncode, ran.stdout, ran.stderr)


def deploy(sandbox: RunningSandbox, folder: Path, hub: str, **environment: str) -> Ran:
    """Deploy from a laptop: a service principal, outputs in a folder."""
    usual = {"BINDERHUB_NAME": hub, "RESOURCE_GROUP_NAME": hub, "RESOURCE_GROUP_LOCATION": "westeurope"}
    command = ("binderhub-deployer", "deploy", "--output", "json", "--outputs", str(folder))
    return run(sandbox, *command, **{**usual, **environment})


def click(sandbox: RunningSandbox, hub: str, **parameters: Any) -> Clicked:
    """Click the button and follow the deployer to its end."""
    portal = Portal(sandbox)
    wanted = Click({"binderHubName": hub, **parameters}, resource_group=hub)
    clicked = portal.deploy(wanted)
    for _ in portal.follow(clicked):
        pass
    return clicked


def writes(requests: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the requests that changed something or made a credential."""
    return [
        f"{request['method']} {request['host']}{request['path']}"
        for request in requests
        if request["method"] in WRITING
        and request["host"] != "sandbox.internal"
        and not request["path"].partition("?")[0].endswith(READING_POSTS)
    ]


def outputs_of(sandbox: RunningSandbox, clicked: Clicked) -> dict[str, str]:
    """Return the outputs of the latest run, by file name."""
    portal = Portal(sandbox)
    folder = json.loads(portal.read_blob(clicked.account, "latest.json"))["run"]
    names = portal.list_blobs(clicked.account, folder)
    return {name.rpartition("/")[2]: portal.read_blob(clicked.account, name).decode() for name in names}
