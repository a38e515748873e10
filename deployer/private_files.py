"""Writes files that only this user can read: kubeconfigs, and outputs that hold secrets."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

PRIVATE_FILE = 0o600
PRIVATE_DIRECTORY = 0o700


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
