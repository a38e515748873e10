"""Set-up starts on the machine's Python, or says which Python it needs."""

from __future__ import annotations

import ast
import os
from pathlib import Path
from typing import NoReturn

import pytest

from sandbox import set_up

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def an_old_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Play Python 3.9 with an empty PATH."""
    monkeypatch.setattr("sys.version_info", (3, 9, 2, "final", 0))
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def test_old_pythons_can_read_it() -> None:
    ast.parse((ROOT / "sandbox" / "set_up.py").read_text(encoding="utf-8"), feature_version=(3, 7))


@pytest.mark.usefixtures("an_old_python")
def test_an_old_python_is_told_what_to_install() -> None:
    with pytest.raises(SystemExit, match=r"This is Python 3\.9.*Python 3\.11 or newer is needed"):
        set_up.use_a_new_enough_python()


def test_an_old_python_hands_over_to_a_newer_one(
    an_old_python: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    newer = an_old_python / "python3.12"
    newer.touch(mode=0o755)
    started: list[str] = []

    def execv(program: str, _arguments: list[str]) -> NoReturn:
        started.append(program)
        raise SystemExit

    monkeypatch.setattr(os, "execv", execv)
    with pytest.raises(SystemExit):
        set_up.use_a_new_enough_python()
    assert started == [str(newer)]
