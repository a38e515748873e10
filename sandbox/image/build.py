"""Builds the image of a checkout, once for each state of its files, and keeps its root file system."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
import tomllib
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deployer.cache_dir import cache_directory
from deployer.helm.binary import cached_helm
from sandbox.image.archive import OWN_LAYERS, ImageArchive, Layer
from sandbox.image.base import STAND_IN, find_base, official_base
from sandbox.image.engines import ImageError, find_engine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sandbox.image.engines import Engine

CHECKOUT = Path(__file__).resolve().parents[2]
REFERENCE = "localhost/binderhub-deployer:dev"
DESCRIPTION, ROOT = "image.json", "root"
# An unpacked image takes a third of a gigabyte; checkouts share the cache.
KEPT_IMAGES = 3
NO_ENGINE = (
    "There is no Docker, Podman or Buildah that works here (Buildah needs root).\n"
    "-> Install one, for example `apt-get install --no-install-recommends buildah mmdebstrap`."
)


@dataclass(frozen=True)
class Image:
    """An image that was built and unpacked.

    Attributes:
        root: its root file system.
        config: how its containers start, as the OCI image specification says.
        layers: the base first.

    """

    root: Path
    config: dict[str, Any]
    layers: tuple[Layer, ...]

    @property
    def entrypoint(self) -> tuple[str, ...]:
        """The program that its containers run."""
        return tuple(self.config["Entrypoint"])

    @property
    def environment(self) -> dict[str, str]:
        """The variables that it sets."""
        return dict(variable.split("=", 1) for variable in self.config["Env"])

    @property
    def container_options(self) -> tuple[str, ...]:
        """The options of `sandbox.image.container` for its containers."""
        user, directory = self.config["User"], self.config.get("WorkingDir") or "/"
        return (f"--root={self.root}", f"--user={user}", f"--directory={directory}")

    @property
    def compressed(self) -> int:
        """Bytes that a machine downloads."""
        return sum(layer.compressed for layer in self.layers)

    @property
    def unpacked(self) -> int:
        """Bytes of its files."""
        return sum(layer.unpacked for layer in self.layers)


def find_image(checkout: Path = CHECKOUT) -> Image | None:
    """Return the image of a checkout as it is now, None if it was not built since the last change."""
    return read_image(_images() / digest(checkout))


def read_image(directory: Path) -> Image | None:
    """Return the image that was unpacked into a directory, None if there is none."""
    try:
        found = json.loads((directory / DESCRIPTION).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    directory.touch()  # the newest are kept
    layers = tuple(Layer(**layer) for layer in found["layers"])
    return Image(directory / ROOT, found["config"], layers)


def was_built_before() -> bool:
    """Return whether this machine has built an image: then a build takes seconds, not minutes."""
    return any(_images().glob("[!.]*"))


def build_image(checkout: Path = CHECKOUT, say: Callable[[str], None] = lambda _: None) -> Image:
    """Build the image of a checkout unless that was done.

    Args:
        checkout: directory with the Dockerfile.
        say: tells people what takes long.

    Raises:
        ImageError: this machine cannot build or unpack it.

    """
    with _alone():
        if (found := find_image(checkout)) is not None:
            return found
        engine = find_engine()
        if engine is None or os.geteuid() != 0:
            raise ImageError(
                NO_ENGINE if engine is None else "Only root can unpack an image with its owners."
            )
        base = find_base(engine, official_base(checkout / "Dockerfile"), say)
        helm = cached_helm()
        say(f"building with {engine.name} on {base}")
        engine.build(
            checkout,
            REFERENCE,
            {"BASE": base, **_labels(checkout)},
            {"helm": helm.parent} if helm.is_file() else {},
            trust_host=base == STAND_IN,
        )
        say("unpacking the image")
        unpack_image(engine, REFERENCE, _images() / digest(checkout))
        _remove_old_images()
    built = find_image(checkout)
    if built is None:
        raise ImageError("The checkout was changed while the image was built.\n-> Start again.")
    return built


def unpack_image(engine: Engine, reference: str, directory: Path, layers: Sequence[str] = OWN_LAYERS) -> None:
    """Unpack an image into a directory, completely or not at all.

    Args:
        engine: has the image.
        reference: of the image.
        directory: does not exist yet.
        layers: the names of its layers on top of the base.

    """
    directory.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".unpacking-", dir=directory.parent) as folder:
        archive, unfinished = Path(folder, "image.tar"), Path(folder, "image")
        engine.save(reference, archive)
        (unfinished / ROOT).mkdir(parents=True)
        with closing(ImageArchive(archive)) as image:
            image.unpack(unfinished / ROOT)
            described = [asdict(layer) for layer in image.layers(layers)]
            description = json.dumps({"config": image.config["config"], "layers": described}, indent=2)
        (unfinished / DESCRIPTION).write_text(description, encoding="utf-8")
        unfinished.rename(directory)


def _images() -> Path:
    images = cache_directory() / "image" / "unpacked"
    images.mkdir(parents=True, exist_ok=True)
    return images


def _remove_old_images() -> None:
    newest_first = sorted(_images().glob("[!.]*"), key=lambda path: path.stat().st_mtime, reverse=True)
    for old in newest_first[KEPT_IMAGES:]:
        shutil.rmtree(old)


@contextmanager
def _alone() -> Iterator[None]:
    """Wait until no other build runs."""
    with (_images().parent / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def digest(checkout: Path) -> str:
    """Return the digest of everything that the image is built from, its base apart."""
    whole = hashlib.sha256()
    for path in _sources(checkout):
        content = path.read_bytes()
        whole.update(
            f"{path.relative_to(checkout)} {path.stat().st_mode & 0o777:o} {len(content)}\n".encode()
        )
        whole.update(content)
    return whole.hexdigest()[:16]


def _sources(checkout: Path) -> Iterator[Path]:
    """Yield the files of the build in order: those that .dockerignore lets through, and the Dockerfile."""
    lines = (checkout / ".dockerignore").read_text(encoding="utf-8").splitlines()
    for name in ["Dockerfile", ".dockerignore", *(line[1:] for line in lines if line.startswith("!"))]:
        path = checkout / name
        within = sorted(path.rglob("*")) if path.is_dir() else [path]
        yield from (file for file in within if file.is_file() and file.parent.name != "__pycache__")


def _labels(checkout: Path) -> dict[str, str]:
    project = tomllib.loads((checkout / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=checkout, capture_output=True, text=True, check=False
    )
    return {
        "SOURCE": project["urls"]["Repository"],
        "VERSION": project["version"],
        "REVISION": asked.stdout.strip(),
    }
