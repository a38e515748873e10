"""Ports of 127.0.0.1 for programs that are told theirs when they start.

A port that is free now may be another's by the time when the program has started: every outgoing connection
of the machine takes one, and so do other sandboxes. So ports are taken from below those of outgoing
connections, in blocks that one process holds until it ends.
"""

from __future__ import annotations

import fcntl
import os
import socket
import tempfile
from pathlib import Path

# Linux gives outgoing connections 32768 and above (ip_local_port_range), other systems 49152 and above.
PORTS = range(10_000, 32_768)
BLOCK = 100


class _Ports:
    """The ports of this process."""

    def __init__(self) -> None:
        self._unused: list[int] = []

    def take(self) -> int:
        while True:
            if not self._unused:
                self._unused = self._claim_block()
            port = self._unused.pop()
            if _is_free(port):
                return port

    def _claim_block(self) -> list[int]:
        folder = Path(tempfile.gettempdir()) / f"binderhub-sandbox-ports-{os.getuid()}"
        folder.mkdir(mode=0o700, exist_ok=True)
        for first in PORTS[::BLOCK]:
            # Never closed: the lock ends with this process.
            file = os.open(folder / str(first), os.O_RDWR | os.O_CREAT, mode=0o600)
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(file)
                continue
            return [port for port in range(first, first + BLOCK) if port in PORTS]
        raise OSError("All ports for the programs of sandboxes are taken.")


_PORTS = _Ports()


def free_port() -> int:
    """Return a port of 127.0.0.1 that is free, and that no other sandbox takes while this process lives.

    Raises:
        OSError: none is left.

    """
    return _PORTS.take()


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
