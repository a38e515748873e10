"""Ctrl-C ends a run in order, and the next run goes on from there."""

from __future__ import annotations

import json
import signal
import subprocess
from typing import TYPE_CHECKING

from tests.deployment_record import violations
from tests.end_to_end.deployments import deploy, deploy_command, group_of, hub_settings

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.client import RunningSandbox

HUB = "resumed"
WHERE = {"RESOURCE_GROUP_LOCATION": "canadacentral"}
PATIENCE_SECONDS = 60


def interrupted_while(sandbox: RunningSandbox, folder: Path, words: str) -> tuple[int, str]:
    """Start to deploy and press Ctrl-C when the log says `words`; return exit status and log."""
    process = subprocess.Popen(
        deploy_command(folder),
        env={**sandbox.environment(), **hub_settings(HUB), **WHERE},
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    assert process.stderr is not None
    log = ""
    for line in process.stderr:
        log += line
        if words in line:
            process.send_signal(signal.SIGINT)
            break
    _, rest = process.communicate(timeout=PATIENCE_SECONDS)
    return process.returncode, log + rest


def test_an_interrupted_run_is_recorded_and_resumed(sandbox: RunningSandbox, tmp_path: Path) -> None:
    with group_of(sandbox, HUB):
        status, log = interrupted_while(sandbox, tmp_path, "creating the cluster")
        assert status == 3
        assert "Traceback" not in log
        latest = json.loads((tmp_path / "latest.json").read_text())
        record = json.loads((tmp_path / latest["record"]).read_text())
        assert record["status"] == "interrupted"
        assert {step["name"]: step["status"] for step in record["steps"]}["binderhub"] == "skipped"
        assert violations(record) == []
        ran = deploy(sandbox, tmp_path, HUB, **WHERE)
        assert ran.status == 0, ran.stderr
    paths = [request["path"] for request in sandbox.requests() if request["method"] == "PUT"]
    assert len([path for path in paths if f"/managedClusters/{HUB}?" in path]) == 1


def test_a_run_that_is_interrupted_while_it_signs_in_says_so(sandbox: RunningSandbox, tmp_path: Path) -> None:
    status, log = interrupted_while(sandbox, tmp_path, "signing in")
    assert status == 3
    assert "Traceback" not in log
    assert '"run_interrupted"' in log
