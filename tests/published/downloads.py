"""Fetches what others publish, to judge by it: Azure's schemas, and the charts with their value schemas.

Each file comes from `../shared/data` where that is there, else from its public home, and is then kept in the
cache. A test that needs a file which neither has is skipped.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from deployer.cache_dir import cache_directory

if TYPE_CHECKING:
    from collections.abc import Callable

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
PATIENCE_SECONDS = 60

# Home -> why it cannot be reached. Each attempt may take a minute, and dozens of tests want the same files.
_unreachable: dict[str, str] = {}


class UnreachableError(Exception):
    """The public home does not answer."""


class NotPublishedError(LookupError):
    """The public home answers, and does not have the file: a name or a version is wrong."""


def shared_file(path: str) -> Path | None:
    """Return a file of `../shared/data`; None where there is no such directory.

    Raises:
        NotPublishedError: the directory is there and lacks the file.

    """
    if not SHARED.is_dir():
        return None
    file = SHARED / path
    if not file.is_file():
        raise NotPublishedError(f"{path} is not in ../shared/data")
    return file


def cached_file(path: str, home: str, fetch: Callable[[], bytes]) -> Path:
    """Return a file of the cache, fetched from its public home if it is missing.

    Args:
        path: of the file, below the cache of published files.
        home: where it is published, for the reason of a skipped test.
        fetch: returns its content.

    Raises:
        NotPublishedError: its home does not have it.

    """
    file = cache_directory() / "published" / path
    if not file.is_file():
        _write_whole(file, _fetched(home, fetch))
    return file


def fetch_over_https(url: str) -> bytes:
    """Return the content of a URL.

    Raises:
        UnreachableError: the host cannot be reached or is out of order.
        NotPublishedError: it has no such file.

    """
    try:
        answer = httpx.get(url, follow_redirects=True, timeout=PATIENCE_SECONDS)
    except httpx.TransportError as error:
        raise UnreachableError(str(error)) from None
    if answer.is_server_error or answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
        raise UnreachableError(f"it answers {answer.status_code}")
    if answer.is_error:
        raise NotPublishedError(f"{url} answers {answer.status_code}")
    return answer.content


def _fetched(home: str, fetch: Callable[[], bytes]) -> bytes:
    if home not in _unreachable:
        try:
            return fetch()
        except UnreachableError as error:
            _unreachable[home] = str(error)
    pytest.skip(f"{home} cannot be reached, and ../shared does not have it: {_unreachable[home]}")


def _write_whole(file: Path, content: bytes) -> None:
    """Write a file completely or not at all: several test processes may fetch it at the same time."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=file.parent, prefix=".unfinished-", delete=False) as unfinished:
        unfinished.write(content)
    Path(unfinished.name).replace(file)
