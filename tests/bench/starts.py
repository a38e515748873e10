"""How long a program in an image takes to its end, or until it asks the identity endpoint for a token."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.image.build import CHECKOUT
from tests.image_containers import container_command

if TYPE_CHECKING:
    from sandbox.image.build import Image

IDENTITY_ENDPOINT = b"169.254.169.254"
# The other programs of a machine only ever make a run slower: the fastest of several tells what it takes.
RUNS = 5
PATIENCE_SECONDS = 120.0
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Start:
    """What a start took: seconds on the clock, and of the processor."""

    wall: float
    cpu: float


def until_the_end(image: Image, *command: str, **variables: str) -> Start:
    """Return what a command takes to its end, the start of its container included."""
    return min((_to_the_end(image, *command, **variables) for _ in range(RUNS)), key=lambda start: start.wall)


def until_the_first_token(image: Image, *command: str, **variables: str) -> Start:
    """Return what a program takes from its start to its first request at the identity endpoint."""
    return min(
        (_to_the_token(image, *command, **variables) for _ in range(RUNS)), key=lambda start: start.wall
    )


def _to_the_end(image: Image, *command: str, **variables: str) -> Start:
    started = time.perf_counter()
    with subprocess.Popen(
        container_command(image, *command, **variables),
        cwd=CHECKOUT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        _, _, used = os.wait4(process.pid, 0)
        process.returncode = 0
    return Start(time.perf_counter() - started, used.ru_utime + used.ru_stime)


def _to_the_token(image: Image, *command: str, **variables: str) -> Start:
    """Be the proxy of the program, so that its requests arrive here."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(PATIENCE_SECONDS)
        address = f"http://127.0.0.1:{server.getsockname()[1]}"
        proxy = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), address)
        with subprocess.Popen(
            container_command(image, *command, **variables, **proxy),
            cwd=CHECKOUT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as launcher:
            try:
                _await_request(server)
                return _so_far(_only_child(launcher.pid))
            finally:
                launcher.kill()


def _await_request(server: socket.socket) -> None:
    """Wait for a request at the identity endpoint, and refuse all others."""
    while True:
        connection, _ = server.accept()
        with connection:
            if IDENTITY_ENDPOINT in connection.recv(4096).partition(b"\r\n")[0]:
                return
            connection.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


def _only_child(pid: int) -> int:
    (child,) = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return int(child)


def _so_far(pid: int) -> Start:
    """Return what a process has taken until now; see proc(5) for the fields."""
    now = time.clock_gettime(time.CLOCK_BOOTTIME)
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    user, system, started = (int(fields[number]) / TICKS for number in (11, 12, 19))
    return Start(now - started, user + system)
