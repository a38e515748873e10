"""Stamps record what something was installed from; they are written last, so an unfinished one has none."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def digest(*contents: bytes | str) -> str:
    """Return the digest of several contents."""
    whole = hashlib.sha256()
    for content in contents:
        part = content.encode() if isinstance(content, str) else content
        whole.update(f"{len(part)}:".encode() + part)
    return whole.hexdigest()


def read(stamp: Path) -> str:
    """Return the text of a stamp, empty if there is none."""
    try:
        return stamp.read_text(encoding="utf-8")
    except OSError:
        return ""


def write(stamp: Path, text: str) -> None:
    """Write a stamp atomically."""
    unfinished = stamp.with_name(f"{stamp.name}.unfinished")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(stamp)
