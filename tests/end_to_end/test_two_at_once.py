"""Two deployments of one hub at the same time: one works, the other one stands back."""

from __future__ import annotations

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sandbox.visitor.portal import Click, Portal
from tests.end_to_end.deployments import (
    deploy,
    deploy_command,
    group_of,
    hub_settings,
    outputs_of,
    run,
    writes,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox.client import RunningSandbox

HUB = "contended"
WHERE = {"RESOURCE_GROUP_LOCATION": "swedencentral"}


@contextmanager
def running(sandbox: RunningSandbox, folder: Path, words: str) -> Iterator[subprocess.Popen[str]]:
    """Deploy in the background, and go on when its log says `words`."""
    process = subprocess.Popen(
        deploy_command(folder),
        env={**sandbox.environment(), **hub_settings(HUB), **WHERE},
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if words in line:
            break
    with ThreadPoolExecutor(1) as reader:  # the pipe must not fill up
        rest = reader.submit(process.communicate)
        yield process
        rest.result(timeout=240)


def test_a_second_run_names_the_first_one_and_changes_nothing(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    with group_of(sandbox, HUB):
        with running(sandbox, tmp_path, "creating the cluster") as first:
            second = deploy(sandbox, tmp_path, HUB, **WHERE)
            assert second.status == 4
            assert "Another deployment of this hub has been running since" in second.stderr
            assert f"{tmp_path}/runs/" in second.stderr
        assert first.returncode == 0
        latest = json.loads((tmp_path / "latest.json").read_text())
        assert latest["status"] == "done"
        changed = [each for each in writes(sandbox.requests()) if f"/resourceGroups/{HUB}/" in each]
        assert sum("/managedClusters/" in each for each in changed) == 1
        assert sum("/generateCredentials" in each for each in changed) == 1


def test_runs_with_different_outputs_meet_in_the_cluster(sandbox: RunningSandbox, tmp_path: Path) -> None:
    with group_of(sandbox, HUB), running(sandbox, tmp_path / "a", "installing binderhub"):
        command = (*deploy_command(tmp_path / "b"), "--wait")
        second = run(sandbox, *command, **{**hub_settings(HUB), **WHERE})
        assert second.status == 0, second.stderr
        assert "waiting for the run of" in second.stderr
        assert "release contended is up to date, revision 1" in second.stderr


def test_a_second_click_waits_for_the_lock_and_ends_as_handled(sandbox: RunningSandbox) -> None:
    portal = Portal(sandbox)
    wanted = Click({"binderHubName": HUB}, resource_group=HUB, location="swedencentral")
    with group_of(sandbox, HUB):
        clicks = [portal.deploy(wanted), portal.deploy(wanted)]
        events = [list(portal.follow(click)) for click in clicks]
        ends = {event["kind"] for log in events for event in log if event["kind"].startswith("run_")}
        assert "run_done" in ends
        assert json.loads(outputs_of(sandbox, clicks[0])["deployment.json"])["status"] == "done"
