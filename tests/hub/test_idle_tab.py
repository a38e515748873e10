"""An idle session ends although its tab is open: Jupyter Server itself, with the file of the values."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

import httpx
import websocket

from sandbox.ports import free_port
from sandbox.processes import die_with_parent
from tests.deployer.hubs import values_of

if TYPE_CHECKING:
    from pathlib import Path

# The server looks once in a minute whether it is idle. Here its minutes are half seconds.
FASTER = 120
SERVER = f"""\
from tornado import ioloop

class Faster(ioloop.PeriodicCallback):
    def __init__(self, callback, callback_time, *more):
        super().__init__(callback, callback_time / {FASTER}, *more)

ioloop.PeriodicCallback = Faster
from jupyter_server.serverapp import main
main()
"""
TOKEN = {"Authorization": "token of-the-visitor"}
PATIENCE_SECONDS = 90


def test_a_session_ends_although_a_tab_with_a_kernel_is_open(tmp_path: Path) -> None:
    port = free_port()
    session = _start(tmp_path, port)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=TOKEN) as api:
            _await_answer(api, session)
            kernel = api.post("/api/kernels").raise_for_status().json()["id"]
        address = f"ws://127.0.0.1:{port}/api/kernels/{kernel}/channels"
        tab = websocket.create_connection(address, header=TOKEN, timeout=PATIENCE_SECONDS)
        assert session.wait(PATIENCE_SECONDS) == 0
        tab.close()
        log = (tmp_path / "log").read_text()
        assert "Culling 'idle' kernel" in log
        assert "shutting down" in log.lower()
    finally:
        session.kill()
        session.wait()


def _start(folder: Path, port: int) -> subprocess.Popen[bytes]:
    """Start a server as a session does, with the file in place of the one in /etc/jupyter."""
    system = folder / "etc" / "jupyter"
    system.mkdir(parents=True)
    (system / "jupyter_server_config.json").write_text(json.dumps(_configuration()))
    own = {"HOME": str(folder), "JUPYTER_CONFIG_PATH": str(system), "JUPYTER_PLATFORM_DIRS": "0"}
    arguments = ("--allow-root", "--no-browser", "--ip=127.0.0.1", f"--port={port}")
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-c", SERVER, *arguments, "--ServerApp.token=of-the-visitor"],
            cwd=folder,
            env={**os.environ, **own},
            stdout=log,
            stderr=log,
            preexec_fn=die_with_parent,  # noqa: PLW1509 - this process starts no threads
        )


def _configuration() -> dict[str, Any]:
    """Return what the file holds, with timeouts in the time of the test."""
    files = values_of().public["jupyterhub"]["singleuser"]["extraFiles"]
    configuration: dict[str, Any] = files["jupyter_server_config.json"]["data"]
    for section, trait in (
        ("ServerApp", "shutdown_no_activity_timeout"),
        ("MappingKernelManager", "cull_idle_timeout"),
    ):
        configuration[section][trait] //= FASTER
    return configuration


def _await_answer(api: httpx.Client, session: subprocess.Popen[bytes]) -> None:
    started = monotonic()
    while session.poll() is None and monotonic() - started < PATIENCE_SECONDS:
        try:
            if api.get("/api").is_success:
                return
        except httpx.TransportError:
            sleep(0.1)
    raise AssertionError("the server does not answer")
