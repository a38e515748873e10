"""Writes files that only this user can read: kubeconfigs, and outputs that hold secrets.

What a run needs on disk while it goes on lies in private folders below the directory for temporary files.
They are removed when the run ends; those of a run that was killed are removed by the next run.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PRIVATE_FILE = 0o600
PRIVATE_DIRECTORY = 0o700

FOLDER_PREFIX = "binderhub-deployer-"

# The folders of this process that are not removed yet, with the descriptor of the lock on each.
_open_folders: dict[Path, int] = {}


def write_private_file(path: Path, content: bytes) -> None:
    """Write a file completely or not at all, in a directory that is made private when it is missing.

    Raises:
        OSError: the directory or the file cannot be written.

    """
    path.parent.mkdir(mode=PRIVATE_DIRECTORY, parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.unfinished")
    # The mode is set when the file is created: a chmod afterwards would leave a moment for others to open it.
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_FILE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    unfinished.replace(path)


@contextmanager
def private_folder() -> Iterator[Path]:
    """Make a folder that only this user can read, and remove it with its content at the end of the context.

    Folders of runs that were killed are removed first.
    """
    remove_abandoned_folders()
    folder = _make_folder()
    try:
        yield folder
    finally:
        _remove(folder)


def remove_open_folders() -> None:
    """Remove the private folders of this process at once, because it is about to be ended by a signal."""
    for folder in list(_open_folders):
        _remove(folder)


def remove_abandoned_folders() -> None:
    """Remove the private folders of processes that have ended without removing them."""
    for folder in Path(tempfile.gettempdir()).glob(f"{FOLDER_PREFIX}*"):
        # Of another user, or removed in the meantime.
        with suppress(OSError):
            lock = _lock(folder)
            if lock is not None:
                shutil.rmtree(folder, ignore_errors=True)
                os.close(lock)


def _make_folder() -> Path:
    """Make a folder and lock it; the system releases the lock when the process ends, however it ends."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX))
        # Between these two lines another process may take the folder for an abandoned one.
        with suppress(FileNotFoundError):
            lock = _lock(folder)
            if lock is not None and folder.is_dir():
                _open_folders[folder] = lock
                return folder


def _lock(folder: Path) -> int | None:
    """Return the descriptor of a lock on a folder, None where its process still holds it."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def _remove(folder: Path) -> None:
    lock = _open_folders.pop(folder, None)
    shutil.rmtree(folder, ignore_errors=True)
    if lock is not None:
        os.close(lock)
