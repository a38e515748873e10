"""Reads the archive of an image: its configuration, the size of its layers, and its root file system."""

from __future__ import annotations

import json
import shutil
import tarfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

CHUNK = 1 << 20
# The layers that the last stage of the Dockerfile puts on its base, in order.
OWN_LAYERS = ("bytecode", "helm", "packages", "deployer")
# What registries keep is compressed as gzip does by default.
LEVEL, GZIP = 6, 31
WHITEOUT, OPAQUE = ".wh.", ".wh..wh..opq"


@dataclass(frozen=True)
class Layer:
    """One layer of an image.

    Attributes:
        name: base, or that of what was put on it.
        compressed: bytes that a registry keeps and a machine downloads.
        unpacked: bytes of its files.

    """

    name: str
    compressed: int
    unpacked: int


class ImageArchive:
    """An archive as `docker save` writes it.

    Args:
        path: of the archive.

    """

    def __init__(self, path: Path) -> None:
        self._tar = tarfile.open(path)  # noqa: SIM115 - closed by `close`
        (self._manifest,) = self._json("manifest.json")
        self.config: dict[str, Any] = self._json(self._manifest["Config"])

    def close(self) -> None:
        """Close the archive."""
        self._tar.close()

    def layers(self, own: Sequence[str] = OWN_LAYERS) -> list[Layer]:
        """Return the layers, the base first.

        Args:
            own: the names of those on top of the base.

        """
        files = self._manifest["Layers"]
        names = ["base"] * (len(files) - len(own)) + list(own)
        return [
            Layer(name, _compressed(self._open(file)), _unpacked(self._open(file)))
            for name, file in zip(names, files, strict=True)
        ]

    def unpack(self, target: Path) -> None:
        """Write the root file system into a directory, as root, who alone can give files their owners."""
        for name in self._manifest["Layers"]:
            with tarfile.open(fileobj=self._open(name)) as layer:
                members = list(layer)
                for member in members:
                    _remove_what_it_hides(target, Path(member.name))
                kept = (each for each in members if not Path(each.name).name.startswith(WHITEOUT))
                # An archive that the engine wrote; the owners of the files are part of the image.
                layer.extractall(target, kept, numeric_owner=True, filter="fully_trusted")  # noqa: S202

    def _json(self, name: str) -> Any:
        return json.load(self._open(name))

    def _open(self, name: str) -> IO[bytes]:
        member = self._tar.extractfile(name)
        if member is None:
            raise FileNotFoundError(name)
        return member


def _remove_what_it_hides(target: Path, name: Path) -> None:
    """Remove what a whiteout of a layer hides in the layers below it."""
    if name.name == OPAQUE:
        hidden = list((target / name.parent).iterdir())
    elif name.name.startswith(WHITEOUT):
        hidden = [target / name.parent / name.name.removeprefix(WHITEOUT)]
    else:
        return
    for path in hidden:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    while chunk := file.read(CHUNK):
        yield chunk


def _compressed(layer: IO[bytes]) -> int:
    compressor = zlib.compressobj(LEVEL, zlib.DEFLATED, GZIP)
    return sum(len(compressor.compress(chunk)) for chunk in _chunks(layer)) + len(compressor.flush())


def _unpacked(layer: IO[bytes]) -> int:
    with tarfile.open(fileobj=layer) as tar:
        return sum(member.size for member in tar)
