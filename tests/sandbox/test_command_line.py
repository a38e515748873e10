"""`python -m sandbox` as people use it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from sandbox.client import CHECKOUT, attach

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.client import RunningSandbox

PATIENCE_SECONDS = 240.0


def sandbox_command(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m sandbox` to its end."""
    return subprocess.run(
        [sys.executable, "-m", "sandbox", *arguments],
        cwd=CHECKOUT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )


def shell(sandbox: RunningSandbox, *command: str) -> subprocess.CompletedProcess[str]:
    return sandbox_command("shell", f"--state-dir={sandbox.state_dir}", "--", *command)


def test_a_shell_leads_to_azures_hosts(sandbox: RunningSandbox) -> None:
    asked = shell(
        sandbox, "curl", "--silent", "--show-error", "https://management.azure.com/metadata/endpoints"
    )
    assert asked.returncode == 0, asked.stderr
    assert "https://login.microsoftonline.com/" in asked.stdout


def test_a_shell_ends_as_its_command_did(sandbox: RunningSandbox) -> None:
    assert shell(sandbox, "sh", "-c", "exit 7").returncode == 7


def test_a_shell_passes_options_on_to_its_command(sandbox: RunningSandbox) -> None:
    assert shell(sandbox, "printf", "%s", "--state-dir=mine", "-A").stdout == "--state-dir=mine-A"


def test_a_command_that_is_not_there_is_told(sandbox: RunningSandbox) -> None:
    asked = shell(sandbox, "no-such-command")
    assert asked.returncode == 127
    assert "no-such-command" in asked.stderr
    assert "Traceback" not in asked.stderr


def test_the_state_is_json(sandbox: RunningSandbox) -> None:
    told = sandbox_command("state", f"--state-dir={sandbox.state_dir}")
    assert json.loads(told.stdout)["subscriptions"][0]["displayName"] == "Sandbox"


def test_starting_a_second_one_in_the_same_folder_is_refused(sandbox: RunningSandbox) -> None:
    again = sandbox_command("start", "--detach", f"--state-dir={sandbox.state_dir}")
    assert again.returncode == 1
    assert str(sandbox.pid) in again.stdout + again.stderr


def test_a_dead_sandboxs_description_is_ignored(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    told = {"pid": ended.pid, "network": {}, "settings": {}}
    (tmp_path / "sandbox.json").write_text(json.dumps(told), encoding="utf-8")
    assert attach(tmp_path) is None
    assert sandbox_command("stop", f"--state-dir={tmp_path}").returncode == 0


def test_another_process_with_a_dead_sandboxs_number_is_left_alone(tmp_path: Path) -> None:
    other = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        told = {"pid": other.pid, "network": {}, "settings": {}}
        (tmp_path / "sandbox.json").write_text(json.dumps(told), encoding="utf-8")
        sandbox_command("stop", f"--state-dir={tmp_path}")
        assert other.poll() is None
    finally:
        other.communicate(b"\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_sandbox_in_the_foreground_ends_when_asked(tmp_path: Path, number: signal.Signals) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox", "start", f"--state-dir={tmp_path}"],
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    assert "sandbox runs" in process.stdout.readline()
    process.send_signal(number)
    told, _ = process.communicate(timeout=60)
    assert process.returncode == 0, told
    assert "Traceback" not in told
    assert not (tmp_path / "sandbox.json").exists()


def test_a_sandbox_for_a_shells_own_time_ends_with_the_shell(tmp_path: Path) -> None:
    code = "import json, sys; print(json.load(open(sys.argv[1]))['pid'])"
    description = tmp_path / "sandbox.json"
    asked = sandbox_command(
        "shell", f"--state-dir={tmp_path}", "--", sys.executable, "-c", code, str(description)
    )
    assert asked.returncode == 0, asked.stderr
    with pytest.raises(ProcessLookupError):
        os.kill(int(asked.stdout), 0)
