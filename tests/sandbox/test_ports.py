"""Ports for programs: of one sandbox alone, and never those of outgoing connections."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.client import CHECKOUT
from sandbox.ports import BLOCK, PORTS, free_port

# Keeps its ports until its standard input is closed.
TAKING = f"""
import json, sys
from sandbox.ports import free_port
print(json.dumps([free_port() for _ in range({BLOCK} + 10)]), flush=True)
sys.stdin.read()
"""
OUTGOING = Path("/proc/sys/net/ipv4/ip_local_port_range")


def test_no_two_processes_have_a_port_in_common() -> None:
    processes = [
        subprocess.Popen(
            (sys.executable, "-c", TAKING),
            cwd=CHECKOUT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    try:
        taken = [port for each in processes if each.stdout for port in json.loads(each.stdout.readline())]
        ours = [free_port() for _ in range(10)]
    finally:
        for process in processes:
            process.communicate()
    assert len(taken) == len(processes) * (BLOCK + 10)
    assert len({*taken, *ours}) == len(taken) + len(ours)


@pytest.mark.skipif(not OUTGOING.exists(), reason="this system tells elsewhere which ports connections take")
def test_a_port_is_none_of_outgoing_connections() -> None:
    first, last = map(int, OUTGOING.read_text(encoding="ascii").split())
    assert not set(PORTS) & set(range(first, last + 1))
    assert free_port() in PORTS
