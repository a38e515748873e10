"""An unpacked image is what its layers make together, files that a later layer removes included."""

from __future__ import annotations

import io
import json
import tarfile
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from sandbox.image.archive import ImageArchive

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

BASE = {"etc/kept": "1", "etc/removed": "2", "opt/old/file": "3", "srv/also/gone": "4"}
BYTECODE: dict[str, str] = {}
HELM = {"bin/helm": "x" * 5000}
PACKAGES = {"etc/.wh.removed": "", "opt/old/.wh..wh..opq": "", "opt/old/new": "5"}
DEPLOYER = {"srv/.wh.also": ""}


def tar_of(files: Mapping[str, str]) -> bytes:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as tar:
        for name, text in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            tar.addfile(entry, io.BytesIO(text.encode()))
    return written.getvalue()


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[ImageArchive]:
    layers = {f"{number}.tar": each for number, each in enumerate((BASE, BYTECODE, HELM, PACKAGES, DEPLOYER))}
    path = tmp_path / "image.tar"
    with tarfile.open(path, mode="w") as tar:
        texts = {
            "manifest.json": json.dumps([{"Config": "config.json", "Layers": list(layers)}]),
            "config.json": json.dumps({"config": {"User": "10001"}}),
        }
        contents = {name: text.encode() for name, text in texts.items()}
        for name, content in {**contents, **{name: tar_of(files) for name, files in layers.items()}}.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    with closing(ImageArchive(path)) as opened:
        yield opened


def test_the_root_file_system_has_what_the_last_layer_leaves(archive: ImageArchive, tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    archive.unpack(root)
    assert sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()) == [
        "bin/helm",
        "etc/kept",
        "opt/old/new",
    ]


def test_each_layer_has_a_name_and_its_size(archive: ImageArchive) -> None:
    layers = {layer.name: layer for layer in archive.layers()}
    assert list(layers) == ["base", "bytecode", "helm", "packages", "deployer"]
    assert layers["helm"].unpacked == 5000
    assert 0 < layers["helm"].compressed < 5000


def test_the_archive_tells_how_containers_start(archive: ImageArchive) -> None:
    assert archive.config["config"] == {"User": "10001"}
