"""Ctrl-C ends a run in order, and the next run goes on from there."""

from __future__ import annotations

import json
import signal
import subprocess
from time import sleep
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.deployments import (
    UNSCHEDULABLE,
    deploy,
    deploy_command,
    deploy_in_terminal,
    group_of,
    hub_settings,
    latest_record,
    run,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox.client import RunningSandbox

HUB = "resumed"
WHERE = {"RESOURCE_GROUP_LOCATION": "canadacentral"}
# Far less than the quarter of an hour that helm waits for pods; most of it is for a busy machine.
PATIENCE_SECONDS = 60
WAITING = "waiting for binder-"
INFO = ("binderhub-deployer", "info", "--output", "json")


def interrupted_while(
    sandbox: RunningSandbox, folder: Path, words: str, *numbers: signal.Signals, **settings: str
) -> tuple[int, str]:
    """Start to deploy and send signals when the log says `words`; return exit status and log."""
    process = subprocess.Popen(
        deploy_command(folder),
        env={**sandbox.environment(), **hub_settings(HUB), **WHERE, **temporary(folder), **settings},
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    assert process.stderr is not None
    log = ""
    for line in process.stderr:
        log += line
        if words in line:
            for number in numbers:
                process.send_signal(number)
                sleep(0.1)  # two signals of a kind at once are one
            break
    _, rest = process.communicate(timeout=PATIENCE_SECONDS)
    return process.returncode, log + rest


def temporary(folder: Path) -> dict[str, str]:
    """Give runs a directory for temporary files of their own."""
    path = folder / "temporary"
    path.mkdir(exist_ok=True)
    return {"TMPDIR": str(path)}


def left(folder: Path) -> list[Path]:
    """Return what runs have left in the directory for temporary files."""
    return list((folder / "temporary").iterdir())


@pytest.fixture(scope="module")
def group(sandbox: RunningSandbox) -> Iterator[str]:
    with group_of(sandbox, HUB) as name:
        yield name


@pytest.mark.usefixtures("group")
def test_interrupted_runs_are_recorded_and_the_next_one_goes_on_from_there(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    status, log = interrupted_while(sandbox, tmp_path, "creating the cluster", signal.SIGINT)
    assert status == 3
    assert "Traceback" not in log
    assert statuses_of_steps(tmp_path)["binderhub"] == "skipped"
    assert left(tmp_path) == []
    status, _ = interrupted_while(sandbox, tmp_path, WAITING, signal.SIGTERM, **UNSCHEDULABLE)
    assert status == 3
    assert statuses_of_steps(tmp_path)["cluster"] == "done"
    assert left(tmp_path) == []
    ran = deploy_in_terminal(sandbox, tmp_path, HUB, **WHERE, **temporary(tmp_path))
    assert ran.status == 0, ran.stdout
    assert left(tmp_path) == []
    assert f"http://{HUB}.canadacentral.cloudapp.azure.com" in ran.stdout
    paths = [request["path"] for request in sandbox.requests() if request["method"] == "PUT"]
    assert len([path for path in paths if f"/managedClusters/{HUB}?" in path]) == 1


@pytest.mark.usefixtures("group")
def test_helm_ends_with_the_run_and_the_next_run_recovers_its_release(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    ran = deploy(sandbox, tmp_path, HUB, **WHERE, **temporary(tmp_path))
    assert ran.status == 0, ran.stderr
    # An upgrade: helm rolls back when it is interrupted, and waits for that as long as it is let.
    status, _ = interrupted_while(sandbox, tmp_path, WAITING, signal.SIGTERM, **UNSCHEDULABLE)
    assert status == 3
    assert latest_record(tmp_path)["status"] == "interrupted"
    assert left(tmp_path) == []
    ran = deploy(sandbox, tmp_path, HUB, **WHERE, **temporary(tmp_path))
    assert ran.status == 0, ran.stderr
    assert left(tmp_path) == []
    history = run(sandbox, "helm", "history", HUB, "--namespace", HUB, "--output", "json")
    # Two, and the one that was deployed while an upgrade failed.
    assert len(json.loads(history.stdout)) <= 3
    assert run(sandbox, "pgrep", "--full", f"helm.*{tmp_path}.* upgrade {HUB} ").stdout == ""
    killed_with_keys(sandbox, tmp_path)
    ran = run(sandbox, *INFO, **{**hub_settings(HUB), **WHERE, **temporary(tmp_path)})
    assert (ran.status, left(tmp_path)) == (0, [])
    status, _ = interrupted_while(sandbox, tmp_path, WAITING, signal.SIGTERM, signal.SIGTERM, **UNSCHEDULABLE)
    assert (status, left(tmp_path)) == (-signal.SIGTERM, [])


@pytest.mark.usefixtures("group")
def test_a_run_whose_terminal_is_closed_is_recorded_and_leaves_no_keys(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    # Twice: the shell passes it on, and the kernel sends it when the shell has ended.
    hangups = (signal.SIGHUP, signal.SIGHUP)
    status, log = interrupted_while(sandbox, tmp_path, WAITING, *hangups, **UNSCHEDULABLE)
    assert (status, left(tmp_path)) == (3, []), log
    assert latest_record(tmp_path)["status"] == "interrupted"


@pytest.mark.usefixtures("group")
def test_a_run_that_was_started_with_nohup_goes_on_when_its_terminal_is_closed(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does, and children inherit it
    try:
        status, log = interrupted_while(sandbox, tmp_path, "signing in", signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)
    assert status == 0, log


def statuses_of_steps(folder: Path) -> dict[str, str]:
    """Return the status of each step of the latest run, which was interrupted."""
    record = latest_record(folder)
    assert record["status"] == "interrupted"
    return {step["name"]: step["status"] for step in record["steps"]}


def killed_with_keys(sandbox: RunningSandbox, folder: Path) -> None:
    """Kill a command that has the keys of the cluster on its disk."""
    environment = {**sandbox.environment(), **hub_settings(HUB), **WHERE, **temporary(folder)}
    with subprocess.Popen(INFO, env=environment, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None and not keys_in(folder):
            sleep(0.01)
        process.kill()
    assert keys_in(folder)


def keys_in(folder: Path) -> list[Path]:
    return [path for each in left(folder) for path in each.glob("*key")]


def test_a_run_that_is_interrupted_while_it_signs_in_says_so(sandbox: RunningSandbox, tmp_path: Path) -> None:
    status, log = interrupted_while(sandbox, tmp_path, "signing in", signal.SIGINT)
    assert status == 3
    assert "Traceback" not in log
    assert '"run_interrupted"' in log
