"""Stamps say what something was made from; they are written last, so that what is half-made has none."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def digest(*contents: bytes | str) -> str:
    """Return one fingerprint of several contents."""
    whole = hashlib.sha256()
    for content in contents:
        part = content.encode() if isinstance(content, str) else content
        whole.update(f"{len(part)}:".encode() + part)
    return whole.hexdigest()


def read(stamp: Path) -> str:
    """Return what a stamp says, nothing where there is none."""
    try:
        return stamp.read_text(encoding="utf-8")
    except OSError:
        return ""


def write(stamp: Path, text: str) -> None:
    """Write a stamp, whole or not at all."""
    unfinished = stamp.with_name(f"{stamp.name}.unfinished")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(stamp)
