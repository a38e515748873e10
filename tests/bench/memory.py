"""The most memory that the container of a deployment takes, helm included."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

LOOK_EVERY_SECONDS = 0.05
LAUNCHER = b"sandbox.image.container"


@dataclass
class Peak:
    """The highest number of bytes that was seen."""

    memory: int = 0
    ended: threading.Event = field(default_factory=threading.Event)

    def watch(self) -> None:
        """Look at the containers until the end."""
        while not self.ended.wait(LOOK_EVERY_SECONDS):
            self.memory = max(self.memory, sum(map(_proportional, _processes())))


@contextmanager
def peak_of_containers() -> Iterator[Peak]:
    """Watch all containers of images on this machine until the block ends."""
    peak = Peak()
    watcher = threading.Thread(target=peak.watch)
    watcher.start()
    try:
        yield peak
    finally:
        peak.ended.set()
        watcher.join()


def _processes() -> set[int]:
    """Return the processes inside containers, without those that start the containers."""
    parents, launchers = {}, set()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            if LAUNCHER in (entry / "cmdline").read_bytes():
                launchers.add(int(entry.name))
        except OSError:
            continue  # It has ended.
    inside: set[int] = set()
    for _ in parents:
        found = {pid for pid, parent in parents.items() if parent in launchers | inside} - launchers
        if found == inside:
            break
        inside = found
    return inside


def _proportional(pid: int) -> int:
    """Return the bytes of a process, each page that it shares divided by those who share it."""
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0
