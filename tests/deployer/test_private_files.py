"""Private folders are gone when the run is over, however it ended."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from deployer.private_files import private_folder, remove_open_folders

HOLDER = """
import sys, time
from deployer.private_files import private_folder, write_private_file
with private_folder() as folder:
    write_private_file(folder / "below" / "key", b"secret")
    print(folder, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the test, and the processes that it starts, a directory for temporary files of their own."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return tmp_path


def holder() -> tuple[subprocess.Popen[str], Path]:
    """Start another process that holds a private folder until its standard input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def test_a_folder_is_private_and_ends_with_its_context(temporary: Path) -> None:
    with private_folder() as folder:
        assert folder.parent == temporary
        assert folder.stat().st_mode & 0o777 == 0o700
        (folder / "key").write_text("secret")
    assert list(temporary.iterdir()) == []


def test_a_folder_ends_with_a_failure() -> None:
    with pytest.raises(RuntimeError), private_folder() as folder:
        raise RuntimeError
    assert not folder.exists()


def test_all_folders_of_a_process_can_be_removed_at_once(temporary: Path) -> None:
    with private_folder(), private_folder():
        remove_open_folders()
        assert list(temporary.iterdir()) == []


def test_what_a_killed_process_left_is_removed_by_the_next(temporary: Path) -> None:
    process, folder = holder()
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert (folder / "below" / "key").is_file()
    with private_folder():
        assert not folder.exists()
    assert list(temporary.iterdir()) == []


def test_the_folder_of_a_process_that_runs_is_left_alone() -> None:
    process, folder = holder()
    with private_folder():
        assert (folder / "below" / "key").is_file()
    process.communicate()
    assert process.returncode == 0
    assert not folder.exists()


def test_files_of_others_are_left_alone(temporary: Path) -> None:
    (temporary / "binderhub-deployer-notes").write_text("mine")
    (temporary / "binderhub-deployer-link").symlink_to(Path.home())
    with private_folder():
        pass
    assert len(list(temporary.iterdir())) == 2
