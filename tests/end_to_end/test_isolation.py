"""A whole run needs nothing but loopback."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from sandbox.client import CHECKOUT

if TYPE_CHECKING:
    from pathlib import Path

# A new network namespace has only `lo`, and that is down; ioctl SIOCSIFFLAGS (0x8914) with IFF_UP (1).
LOOPBACK_UP = (
    "import fcntl, socket, struct;fcntl.ioctl(socket.socket(), 0x8914, struct.pack('16sH14x', b'lo', 1))"
)
PATIENCE_SECONDS = 240
MOST_MEGABYTES = 1600


def alone(*command: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a network namespace of its own."""
    script = f"{shlex.join([sys.executable, '-c', LOOPBACK_UP])} && exec {shlex.join(command)}"
    return subprocess.run(
        ["unshare", "--map-root-user", "--net", "sh", "-c", script],
        cwd=CHECKOUT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )


@pytest.fixture(scope="module", autouse=True)
def namespaces_are_allowed() -> None:
    tried = alone("true")
    if tried.returncode != 0:
        pytest.skip(f"this machine allows no network namespace: {tried.stderr.strip()}")


def test_a_namespace_has_no_way_out() -> None:
    interfaces = alone(sys.executable, "-c", "import socket; print(socket.if_nameindex())")
    assert interfaces.stdout.strip() == "[(1, 'lo')]"


def test_a_click_works_with_loopback_alone(tmp_path: Path) -> None:
    sandbox = [sys.executable, "-m", "sandbox"]
    state = f"--state-dir={tmp_path}"
    inside = f"{shlex.join([*sandbox, 'click', state])} >&2 && {shlex.join([*sandbox, 'state', state])}"
    ran = alone(*sandbox, "shell", state, "--", "sh", "-c", inside)
    assert ran.returncode == 0, ran.stderr[-3000:]
    told = json.loads(ran.stdout)
    assert told["refused"] == []
    memory = told["memory_megabytes"]
    assert {"kube-apiserver", "pebble"} <= memory.keys()
    assert memory["all"] <= MOST_MEGABYTES
    assert any("managedClusters" in resource["id"] for resource in told["resources"])
