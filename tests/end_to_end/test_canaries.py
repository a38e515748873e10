"""Secrets of hostile kinds, in runs that fail at each stage: nothing that is left has one, in any form."""

from __future__ import annotations

import base64
import json
import sys
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.end_to_end.deployments import Ran, deploy_command, group_of, hub_settings, run
from tests.end_to_end.governance import address_limit
from tests.end_to_end.test_secrets import all_command_lines, forms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from sandbox.client import RunningSandbox

HUB = "canaries"
WHERE = {"RESOURCE_GROUP_LOCATION": "uksouth"}
TOKEN = "ghp_Canary/+=?&'\"<7f3a>"
KEY = "canary-key-7f3a"
NUMBER = 8675309042
PEM = (
    "-----BEGIN PRIVATE KEY-----\nMIIBVcanaryAgEAMA0GCSqGSIb3DQEB\nAQUAA4canaryGNADCBiQKBgQC7f3a\n"
    "-----END PRIVATE KEY-----\n"
)
IN_BASE64 = base64.b64encode(PEM.encode()).decode()
LABEL = "canary value 7f3a"
HOSTILE = "canary \t\"'\\<&>%é😀 7f3a"
SECRETS = {
    "token": TOKEN,
    "key": KEY,
    "number": str(NUMBER),
    "number as helm prints it": "8.675309042e+09",
    **{f"line {number} of a key": line for number, line in enumerate(PEM.split("\n")[1:3])},
    "joined key": "".join(PEM.split("\n")[1:3]),
    "base64": IN_BASE64[:24],
    "hostile text": HOSTILE,
    "label": LABEL,
}
CONFIG: dict[str, Any] = {"BinderHub": {KEY: PEM, "about_message": HOSTILE, "banner_message": NUMBER}}
# No node label is like these, so that the API server refuses them, and quotes them.
SELECTOR = {KEY: PEM, "b": HOSTILE, "c": IN_BASE64, "d": LABEL}
CONFIGURED = {"HELM_VALUES": json.dumps({"config": CONFIG})}


@dataclass(frozen=True)
class Stage:
    """A run that fails.

    Attributes:
        given: beside the usual settings.
        status: of the command.
        step: that fails, None for none.
        trouble: while the run lasts.

    """

    given: dict[str, str]
    status: int
    step: str | None
    trouble: Callable[[RunningSandbox], AbstractContextManager[Any]] = lambda _: nullcontext()


def no_answer(sandbox: RunningSandbox) -> AbstractContextManager[Any]:
    """Let the hub be out of order."""
    return sandbox.fault("status", rf"{HUB}(-hub)?\.uksouth\.cloudapp\.azure\.com", status=503, times=None)


# In this order: each finds what the one before has left.
STAGES = {
    "settings": Stage({"HELM_VALUES": f"config: [{HOSTILE}\n{PEM}"}, 2, None),
    "charts": Stage(
        {
            "HELM_VALUES": json.dumps(
                {"config": CONFIG, KEY: PEM, "service": {"type": HOSTILE}, "registry": 5}
            )
        },
        2,
        "charts",
    ),
    "a cluster that is refused": Stage({**CONFIGURED, "AKS_NODE_VM_SIZE": "Standard_M2_v9"}, 1, "cluster"),
    "a cluster that is half made": Stage(CONFIGURED, 1, "cluster", lambda it: address_limit(it, 0)),
    "binderhub": Stage(
        {"HELM_VALUES": json.dumps({"config": CONFIG, "nodeSelector": SELECTOR})}, 1, "binderhub"
    ),
    "verify": Stage(CONFIGURED, 1, "verify", no_answer),
}


@pytest.fixture(scope="module")
def group(sandbox: RunningSandbox) -> Iterator[str]:
    with group_of(sandbox, HUB) as name:
        yield name


def left(folder: Path, ran: Ran, command_lines: set[str]) -> dict[str, str]:
    """Return all that a run leaves, by where it is: output, files, and arguments of processes."""
    files = {
        str(path): path.read_text(errors="replace")
        for path in folder.rglob("*")
        if path.is_file() and "private" not in path.relative_to(folder).parts
    }
    return {**files, "stdout": ran.stdout, "stderr": ran.stderr, "arguments": "\n".join(command_lines)}


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.usefixtures("group")
def test_a_run_that_fails_leaves_no_secret_in_any_form(
    stage: str, sandbox: RunningSandbox, tmp_path: Path
) -> None:
    failing = STAGES[stage]
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    command = (sys.executable, "-m", "tests.end_to_end.hasty", *deploy_command(tmp_path)[1:])
    secret = {"GITHUB_ACCESS_TOKEN": TOKEN, "TMPDIR": str(temporary)}
    with all_command_lines() as seen, failing.trouble(sandbox):
        ran = run(sandbox, *command, **{**hub_settings(HUB), **WHERE, **failing.given, **secret})
    assert ran.status == failing.status, ran.stderr
    assert list(temporary.iterdir()) == []
    if failing.step is not None:
        (record,) = tmp_path.glob("runs/*/deployment.json")
        steps = {one["name"]: one["status"] for one in json.loads(record.read_text())["steps"]}
        assert steps[failing.step] == "failed", ran.stderr
    found = {
        (where, name)
        for where, text in left(tmp_path, ran, seen).items()
        for name, secret in SECRETS.items()
        if any(form in text for form in forms(secret))
    }
    assert found == set()
