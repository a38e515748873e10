"""What is half-made, made elsewhere or made from something else is never taken for done."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from sandbox.setup import python_environment
from sandbox.setup.python_environment import PythonEnvironment
from sandbox.setup.tasks import SetUpError

if TYPE_CHECKING:
    from pathlib import Path

LOCK = "requirements-development.lock"
PYTHON = ".venv/bin/python"


class FakePrograms:
    """Plays venv, pip and uv: venv makes a Python, each of them fails on request."""

    def __init__(self, environment: Path) -> None:
        self.python = environment / "bin" / "python"
        self.commands: list[str] = []
        self.fails_at = ""

    async def run(self, *command: object, cwd: Path, next_step: str) -> None:
        words = " ".join(str(part).removeprefix(f"{cwd}/") for part in command).removeprefix(f"{PYTHON} -m ")
        self.commands.append(words)
        if self.fails_at and self.fails_at in words:
            raise SetUpError("interrupted", next_step=next_step)
        if words.startswith(f"{sys.executable} -m venv"):
            self.make_environment()

    def make_environment(self) -> None:
        """Make what venv makes, as far as anybody looks at it."""
        self.python.parent.mkdir(parents=True)
        self.python.touch()
        version = "{}.{}".format(*sys.version_info[:2])
        (self.python.parents[1] / "lib" / f"python{version}").mkdir(parents=True)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Make a checkout with what the environment is made from."""
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    (checkout / LOCK).write_text("one==1\n")
    (checkout / "pyproject.toml").write_text('[project]\nname = "it"\n')
    return checkout


@pytest.fixture
def programs(root: Path, monkeypatch: pytest.MonkeyPatch) -> FakePrograms:
    fakes = FakePrograms(root / ".venv")
    monkeypatch.setattr(python_environment, "run", fakes.run)
    return fakes


async def make(root: Path) -> PythonEnvironment:
    environment = PythonEnvironment(root)
    await environment.run(lambda _: None)
    return environment


async def test_a_made_environment_is_done(root: Path, programs: FakePrograms) -> None:
    assert not PythonEnvironment(root).is_done()
    assert (await make(root)).is_done()
    _, *installing = programs.commands
    assert [command.split()[0] for command in installing] == ["pip", ".venv/bin/uv", "pip"]


async def test_packages_come_with_hashes_and_the_project_without_the_index(
    root: Path, programs: FakePrograms
) -> None:
    await make(root)
    uv, packages, project = programs.commands[1:]
    assert "--no-deps --require-hashes --requirement sandbox/setup/requirements.lock" in uv
    assert f"--python {PYTHON} --require-hashes --requirement {LOCK}" in packages
    assert "--no-index --no-deps --no-build-isolation --editable" in project


async def test_pip_installs_where_uv_cannot(root: Path, programs: FakePrograms) -> None:
    programs.fails_at = "bin/uv"
    assert (await make(root)).is_done()
    assert programs.commands[-2].startswith("pip install")
    assert programs.commands[-2].endswith(f"--require-hashes --requirement {LOCK}")


@pytest.mark.parametrize("moment", ["venv", "--require-hashes", "--editable"])
async def test_an_interrupted_environment_is_not_believed_and_made_from_nothing(
    moment: str, root: Path, programs: FakePrograms
) -> None:
    programs.fails_at = moment
    with pytest.raises(SetUpError):
        await make(root)
    (root / ".venv" / "half-made").touch()
    assert not PythonEnvironment(root).is_done()
    programs.fails_at = ""
    assert (await make(root)).is_done()
    assert not (root / ".venv" / "half-made").exists()


@pytest.mark.parametrize(
    ("file", "text"), [(LOCK, "one==2\n"), ("pyproject.toml", '[project]\nname = "that"\n')]
)
async def test_a_change_of_what_it_is_made_from_brings_it_up_to_date(
    file: str, text: str, root: Path, programs: FakePrograms
) -> None:
    await make(root)
    (root / file).write_text(text)
    assert not PythonEnvironment(root).is_done()
    assert (await make(root)).is_done()
    assert sum("-m venv" in command for command in programs.commands) == 1


async def test_a_linter_option_changes_nothing(root: Path, programs: FakePrograms) -> None:
    environment = await make(root)
    (root / "pyproject.toml").write_text('[project]\nname = "it"\n[tool.ruff]\nline-length = 1\n')
    assert environment.is_done()
    assert programs.commands


async def test_a_moved_checkout_gets_a_new_environment(root: Path, programs: FakePrograms) -> None:
    await make(root)
    moved = root.rename(root.with_name("moved"))
    programs.python = moved / ".venv" / "bin" / "python"
    assert not PythonEnvironment(moved).is_done()
    await make(moved)
    assert sum("-m venv" in command for command in programs.commands) == 2


async def test_another_python_gets_a_new_environment(
    root: Path, programs: FakePrograms, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make(root)
    monkeypatch.setattr(sys, "version_info", (3, 99))
    assert not PythonEnvironment(root).is_done()
    assert (await make(root)).is_done()
    assert sum("-m venv" in command for command in programs.commands) == 2


async def test_an_environment_that_was_made_by_hand_is_kept_and_completed(
    root: Path, programs: FakePrograms
) -> None:
    programs.make_environment()
    assert not PythonEnvironment(root).is_done()
    assert (await make(root)).is_done()
    assert not any("-m venv" in command for command in programs.commands)


async def test_who_waits_for_the_environment_is_released_when_it_fails(
    root: Path, programs: FakePrograms
) -> None:
    programs.fails_at = "venv"
    environment = PythonEnvironment(root)
    with pytest.raises(SetUpError):
        await environment.run(lambda _: None)
    assert await environment.created() == environment.python
