"""Two deployments of one hub at the same time: one works, the other one stands back."""

from __future__ import annotations

import json
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.visitor.portal import Click, Portal
from tests.end_to_end.deployments import (
    PATIENCE_SECONDS,
    UNSCHEDULABLE,
    deploy,
    deploy_command,
    group_of,
    hub_settings,
    outputs_of,
    writes,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from sandbox.client import RunningSandbox

HUB = "contended"
WHERE = {"RESOURCE_GROUP_LOCATION": "swedencentral"}
BUSY: dict[str, Any] = {"method": "GET", "status": 429, "headers": {"Retry-After": "5"}}


def started(sandbox: RunningSandbox, command: Sequence[str], **settings: str) -> subprocess.Popen[str]:
    """Deploy in the background."""
    return subprocess.Popen(
        command,
        env={**sandbox.environment(), **hub_settings(HUB), **WHERE, **settings},
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )


def wait_for(process: subprocess.Popen[str], words: str) -> None:
    """Read the log until it has these words."""
    assert process.stderr is not None
    read = []
    for line in process.stderr:
        read.append(line)
        if words in line:
            return
    pytest.fail(f"The run ended before it said {words!r}: {''.join(read)}")


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Wait for the end; return the exit status and the rest of the log."""
    _, log = process.communicate(timeout=PATIENCE_SECONDS)
    return process.returncode, log


@pytest.fixture(scope="module")
def group(sandbox: RunningSandbox) -> Iterator[str]:
    with group_of(sandbox, HUB) as name:
        yield name


@pytest.mark.usefixtures("group")
def test_a_second_run_names_the_first_one_and_changes_nothing(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    before = len(sandbox.requests())
    first = started(sandbox, deploy_command(tmp_path))
    wait_for(first, "creating the cluster")
    with ThreadPoolExecutor(1) as reader:  # or the pipe fills up
        first_ended = reader.submit(ended, first)
        second = deploy(sandbox, tmp_path, HUB, **WHERE)
        assert second.status == 4
        assert "Another run has been working on this hub since" in second.stderr
        assert f"{tmp_path}/runs/" in second.stderr
        assert first_ended.result()[0] == 0
    latest = json.loads((tmp_path / "latest.json").read_text())
    assert latest["status"] == "done"
    changed = [each for each in writes(sandbox.requests()[before:]) if f"/resourceGroups/{HUB}/" in each]
    assert sum(f"/managedClusters/{HUB}?" in each for each in changed) == 1
    # One for each token: who pushes images, and who pulls them.
    assert sum("/generateCredentials" in each for each in changed) == 2


@pytest.mark.usefixtures("group")
def test_runs_with_different_outputs_meet_in_the_cluster(sandbox: RunningSandbox, tmp_path: Path) -> None:
    first = started(sandbox, deploy_command(tmp_path / "a"), **UNSCHEDULABLE)
    wait_for(first, "waiting for binder-")
    second = started(sandbox, (*deploy_command(tmp_path / "b"), "--wait"))
    wait_for(second, "waiting for the run of")
    first.send_signal(signal.SIGINT)
    assert ended(first)[0] == 3
    status, log = ended(second)
    assert status == 0, log


@pytest.mark.usefixtures("group")
def test_of_two_clicks_at_once_one_waits_for_the_other_and_both_succeed(sandbox: RunningSandbox) -> None:
    portal = Portal(sandbox)
    wanted = Click({"binderHubName": HUB}, resource_group=HUB, location="swedencentral")
    # Whoever has the lock is told to ask again later, so that the other one meets it at work.
    with sandbox.fault("status", r"management\.azure\.com", **BUSY, path=f"/managedClusters/{HUB}[?]"):
        clicks = [portal.deploy(wanted), portal.deploy(wanted)]
        events = [list(portal.follow(click)) for click in clicks]
    assert [(click.succeeded, click.exit_code) for click in clicks] == [(True, 0)] * 2
    waited = ["waiting for the run of" in str(log) for log in events]
    assert sorted(waited) == [False, True]
    assert json.loads(outputs_of(sandbox, clicks[0])["deployment.json"])["status"] == "done"
