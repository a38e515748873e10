"""Azure starts a container again that exits with an error: what nothing counts ends with 0 and one line."""

from __future__ import annotations

import gc
import subprocess
import sys
from typing import TYPE_CHECKING, NoReturn

import pytest

from deployer import cli
from deployer.errors import RepeatableCrash
from tests.template_click import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def crashes(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def load(*_: object) -> NoReturn:
        raise error

    monkeypatch.setattr(sys, "argv", ["entrypoint.py"])
    monkeypatch.setattr("deployer.settings.load_settings", load)


@pytest.fixture(autouse=True)
def in_a_container(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("EXIT_ZERO_WHEN_HANDLED", "true")
    yield
    gc.enable()  # A command disables it until its work begins.


def test_a_crash_before_the_settings_are_read_ends_with_zero_and_one_line(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    crashes(KeyError("canary"), monkeypatch)
    with pytest.raises(SystemExit) as ended:
        cli.run_action()
    (line,) = capfd.readouterr().err.splitlines()
    assert ended.value.code == 0
    assert "a fault of its own: KeyError" in line
    assert "canary" not in line


def test_a_crash_that_is_counted_lets_azure_start_the_container_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    crashes(RepeatableCrash("The deployer crashed at start 1."), monkeypatch)
    with pytest.raises(RepeatableCrash):
        cli.run_action()


def test_on_a_laptop_a_crash_shows_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EXIT_ZERO_WHEN_HANDLED")
    crashes(KeyError("x"), monkeypatch)
    with pytest.raises(KeyError):
        cli.run_action()


def test_an_image_that_cannot_be_imported_ends_with_zero_and_one_line(tmp_path: Path) -> None:
    package = tmp_path / "deployer"
    package.mkdir()
    (package / "__init__.py").write_text("import no_such_library\n")
    ran = subprocess.run(
        [sys.executable, "-P", REPOSITORY / "entrypoint.py"],
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    (line,) = ran.stdout.splitlines()
    assert (ran.returncode, ran.stderr) == (0, "")
    assert line.startswith("The deployer cannot start: its image is broken (ModuleNotFoundError")


def test_a_config_file_that_was_mounted_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "config.json").write_text('{"binderhub": {"name": "demo"}, "azure": {"node_count": "many"}}')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["entrypoint.py"])
    with pytest.raises(SystemExit):
        cli.run_action()
    told = capfd.readouterr().err
    assert "= 'many'" in told
    assert "BINDERHUB_NAME" not in told
