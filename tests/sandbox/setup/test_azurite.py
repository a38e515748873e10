"""Azurite is installed from its lock, and a machine without Node.js is told so before anything starts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox.setup import azurite
from sandbox.setup.azurite import Azurite

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make an empty directory the whole PATH."""
    directory = tmp_path / "bin"
    directory.mkdir()
    monkeypatch.setenv("PATH", str(directory))
    return directory


def put(directory: Path, name: str, says: str) -> None:
    program = directory / name
    program.write_text(f"#!/bin/sh\necho '{says}'\n")
    program.chmod(0o755)


def told(root: Path) -> str:
    return "".join(problem.what for problem in Azurite(root).problems())


def test_a_machine_without_node_is_told_what_to_install(programs: Path, tmp_path: Path) -> None:
    assert programs.is_dir()
    [problem] = Azurite(tmp_path).problems()
    assert problem.what.startswith("Node.js is missing")
    assert "18" in problem.next_step


def test_a_machine_without_npm_is_told_so(programs: Path, tmp_path: Path) -> None:
    put(programs, "node", "v20.1.0")
    assert told(tmp_path).startswith("npm is missing")


@pytest.mark.parametrize(("version", "fits"), [("v16.20.2", False), ("v18.0.0", True), ("v24.1.0", True)])
def test_node_has_to_be_new_enough(version: str, fits: bool, programs: Path, tmp_path: Path) -> None:  # noqa: FBT001
    put(programs, "node", version)
    put(programs, "npm", "11")
    assert (told(tmp_path) == "") is fits


async def test_it_is_done_when_it_was_installed_from_this_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = tmp_path / "sandbox" / "azurite"
    program = directory / "node_modules" / ".bin" / "azurite-blob"
    directory.mkdir(parents=True)
    (directory / "package-lock.json").write_text("{}")

    async def install(*_command: str, cwd: Path, next_step: str) -> None:
        assert cwd == directory
        assert next_step
        program.parent.mkdir(parents=True)
        program.touch()

    monkeypatch.setattr(azurite, "run", install)
    assert not Azurite(tmp_path).is_done()
    await Azurite(tmp_path).run(lambda _: None)
    assert Azurite(tmp_path).is_done()
    (directory / "package-lock.json").write_text('{"name": "other"}')
    assert not Azurite(tmp_path).is_done()
