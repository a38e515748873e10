"""The image is built once for each state of its sources, and where it cannot be built the reason is told."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import pytest

from sandbox.client import CHECKOUT
from sandbox.image.base import official_base
from sandbox.image.build import build_image, digest, find_image
from sandbox.image.engines import ImageError

if TYPE_CHECKING:
    from pathlib import Path


def test_the_base_is_an_official_python_of_one_patch_level() -> None:
    base = official_base(CHECKOUT / "Dockerfile")
    assert re.fullmatch(r"docker\.io/library/python:3\.\d+\.\d+-slim-trixie", base)


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Copy what the image is built from, to a machine with nothing in its cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    copy = tmp_path / "checkout"
    copy.mkdir()
    for name in ("Dockerfile", ".dockerignore"):
        shutil.copy(CHECKOUT / name, copy)
    for line in (CHECKOUT / ".dockerignore").read_text().splitlines():
        if line.startswith("!"):
            (copy / line[1:]).write_text("")
    return copy


def test_there_is_no_image_before_the_first_build(checkout: Path) -> None:
    assert find_image(checkout) is None


def test_without_an_engine_the_reason_names_one_to_install(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ImageError, match="no Docker, Podman or Buildah that works here"):
        build_image(checkout)


def test_a_change_of_a_source_needs_another_build(checkout: Path) -> None:
    before = digest(checkout)
    (checkout / "tests").mkdir()
    (checkout / "tests" / "test_more.py").write_text("not in the image")
    assert digest(checkout) == before
    (checkout / "entrypoint.py").write_text("changed")
    assert digest(checkout) != before
