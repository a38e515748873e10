"""The control plane's programs are built whole or not at all, and once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox.clusters import programs
from sandbox.clusters.programs import BUILT_NAMES
from sandbox.go_builds import ProgramsError
from sandbox.setup.go_programs import control_plane

if TYPE_CHECKING:
    from pathlib import Path

# Plays go: tells its version, notes what it is asked for, and builds files or fails on request.
GO = """#!/bin/sh
[ "$1" = env ] && { echo go1.26.1; exit; }
echo "$1" >> {notes}
touch "$GOCACHE.used"
[ "$1" = build ] && [ -e {fails} ] && { echo 'no space left' >&2; exit 1; }
while [ $# -gt 0 ]; do
  [ "$1" = -o ] && for name in {names}; do printf x > "$2/$name"; chmod +x "$2/$name"; done
  shift
done
exit 0
"""


@pytest.fixture
def go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a fake go on the PATH and return the file that makes it fail; the cache is the test's own."""
    folder = tmp_path / "bin"
    folder.mkdir()
    words = {
        "{notes}": tmp_path / "notes",
        "{fails}": tmp_path / "fails",
        "{names}": " ".join(BUILT_NAMES.values()),
    }
    text = GO
    for word, value in words.items():
        text = text.replace(word, str(value))
    (folder / "go").write_text(text)
    (folder / "go").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("KUBEBUILDER_ASSETS", raising=False)
    return tmp_path / "fails"


def cached() -> list[str]:
    return sorted(path.name for path in programs.cache_folder().parent.iterdir())


@pytest.mark.usefixtures("go")
def test_the_build_leaves_the_programs_and_nothing_else(tmp_path: Path) -> None:
    assert not control_plane(tmp_path).is_done()
    assert programs.build().are_executable()
    assert control_plane(tmp_path).is_done()
    assert cached() == [programs.cache_folder().name]


def test_a_failed_build_says_why_and_leaves_nothing(go: Path) -> None:
    go.touch()
    with pytest.raises(ProgramsError, match="no space left"):
        programs.build()
    assert cached() == []


@pytest.mark.usefixtures("go")
def test_what_a_killed_build_left_is_removed() -> None:
    left = programs.cache_folder().parent / ".building-killed"
    left.mkdir(parents=True)
    (left / "gigabytes").touch()
    programs.build()
    assert cached() == [programs.cache_folder().name]


@pytest.mark.usefixtures("go")
def test_what_another_checkout_built_is_not_built_again(tmp_path: Path) -> None:
    programs.build()
    programs.build()
    assert (tmp_path / "notes").read_text().count("build") == 1


@pytest.mark.usefixtures("go")
def test_given_programs_come_before_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    programs.build()
    given = tmp_path / "given"
    given.mkdir()
    for name in BUILT_NAMES:
        (given / name).touch(mode=0o755)
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(given))
    located = programs.locate()
    assert located is not None
    assert located.etcd.parent == given


@pytest.mark.usefixtures("go")
def test_a_folder_that_lacks_a_program_is_not_believed_and_built_again() -> None:
    programs.build().kwok.unlink()
    assert programs.locate() is None
    assert programs.build().are_executable()
