"""Builds the image and shows its size: `python -m sandbox.image`, or `make image`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from time import monotonic
from typing import TYPE_CHECKING

from deployer.progress.lines import duration
from sandbox.image.build import REFERENCE, build_image
from sandbox.image.engines import ImageError, find_engine

if TYPE_CHECKING:
    from sandbox.image.build import Image

MEGABYTE = 1_000_000
PACKAGES = ("buildah", "mmdebstrap")


def main() -> int:
    """Build the image; return the exit status."""
    started = monotonic()
    try:
        _ensure_engine()
        image = build_image(say=_write)
    except ImageError as error:
        _write(str(error))
        return 1
    _show(image)
    _write(f"\nDone in {duration(monotonic() - started)}.")
    return 0


def _ensure_engine() -> None:
    """Install an engine where there is none and apt can."""
    can_install = os.geteuid() == 0 and shutil.which("apt-get") is not None
    if not can_install or find_engine() is not None:
        return
    _write(f"there is no engine that builds images: installing {' and '.join(PACKAGES)} with apt-get (30 MB)")
    for command in (("update",), ("install", "-y", "--no-install-recommends", *PACKAGES)):
        ran = subprocess.run(["apt-get", "-qq", *command], capture_output=True, text=True, check=False)
        if ran.returncode != 0:
            raise ImageError(f"`apt-get {command[0]}` failed:\n{ran.stderr.strip()}")


def _show(image: Image) -> None:
    _write(f"\n{REFERENCE}\n\n{'layer':<12}{'compressed':>12}{'unpacked':>12}")
    for layer in image.layers:
        _write(_row(layer.name, layer.compressed, layer.unpacked))
    _write(_row("in all", image.compressed, image.unpacked))


def _row(name: str, compressed: int, unpacked: int) -> str:
    return f"{name:<12}{compressed / MEGABYTE:>9.1f} MB{unpacked / MEGABYTE:>9.1f} MB"


def _write(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
