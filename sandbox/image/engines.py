"""The programs that build images: Docker, Podman or Buildah, whichever is there."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deployer.cache_dir import cache_directory

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

# Where packages for the build come from may be trusted by this machine alone.
AUTHORITIES = "/etc/ssl/certs"


class ImageError(Exception):
    """The image cannot be built or run here; the message says why, and what to do."""


@dataclass(frozen=True)
class Engine:
    """A program that builds images.

    Attributes:
        name: docker, podman or buildah.
        command: the program with the options that every command takes.

    """

    name: str
    command: tuple[str, ...]

    def build(
        self,
        context: Path,
        tag: str,
        arguments: Mapping[str, str],
        directories: Mapping[str, Path],
        *,
        trust_host: bool,
    ) -> None:
        """Build the Dockerfile of a directory.

        Args:
            context: the directory.
            tag: of the image.
            arguments: of the build.
            directories: by the name of the stage that each replaces.
            trust_host: whether the build trusts the certificate authorities of this machine.

        """
        options = [f"--tag={tag}", *(f"--build-arg={name}={value}" for name, value in arguments.items())]
        options += [f"--build-context={stage}={path}" for stage, path in directories.items()]
        if self.name == "docker":
            self._show("buildx", "build", "--load", *options, str(context))
            return
        # As root, inside a container as well: this isolation needs no cgroups.
        options += ["--layers", *(["--isolation=chroot"] if os.geteuid() == 0 else [])]
        options += [f"--volume={AUTHORITIES}:{AUTHORITIES}:ro"] if trust_host else []
        self._show("build", *options, str(context))

    def pull(self, reference: str) -> bool:
        """Pull an image; return whether that worked."""
        return self._run("pull", reference).returncode == 0

    def has(self, reference: str) -> bool:
        """Return whether an image is there already."""
        return self._run("inspect", "--type=image", reference).returncode == 0

    def import_base(self, archive: Path, tag: str) -> None:
        """Make an image of the archive of a root file system."""
        if self.name != "buildah":
            self._check("import", str(archive), tag)
            return
        container = self._check("from", "scratch")
        self._check("add", "--quiet", container, str(archive), "/")
        self._check("commit", "--quiet", "--rm", container, tag)

    def save(self, reference: str, archive: Path) -> None:
        """Write an image into an archive, as `docker save` does."""
        if self.name == "docker":
            self._check("save", f"--output={archive}", reference)
        elif self.name == "podman":
            self._check("save", "--quiet", "--format=docker-archive", f"--output={archive}", reference)
        else:
            self._check("push", "--quiet", reference, f"docker-archive:{archive}")

    def _show(self, *arguments: str) -> None:
        """Run a command whose output people follow."""
        if subprocess.run([*self.command, *arguments], check=False).returncode != 0:
            raise ImageError(f"{self.name} could not build the image; the reason is above.")

    def _check(self, *arguments: str) -> str:
        ran = self._run(*arguments)
        if ran.returncode != 0:
            raise ImageError(f"`{self.name} {arguments[0]}` failed:\n{ran.stderr.strip()}")
        return ran.stdout.strip()

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*self.command, *arguments], capture_output=True, text=True, check=False)


def find_engine() -> Engine | None:
    """Return the first engine that works here, None if there is none."""
    return _service("docker") or _service("podman") or _buildah()


def _service(name: str) -> Engine | None:
    """Return Docker or Podman if it answers: the program alone builds nothing."""
    if shutil.which(name) is None or not _succeeds([name, "info"]):
        return None
    return Engine(name, (name,))


def _buildah() -> Engine | None:
    """Return Buildah, which has no service, with a place of its own for images."""
    if shutil.which("buildah") is None or os.geteuid() != 0:
        return None
    storage = cache_directory() / "image" / "storage"
    storage.mkdir(parents=True, exist_ok=True)
    for driver in ("overlay", "vfs"):
        where = (f"--root={storage / driver}", f"--runroot={storage / f'run-{driver}'}")
        command = ("buildah", *where, f"--storage-driver={driver}")
        if _succeeds([*command, "info"]):
            return Engine("buildah", command)
    return None


def _succeeds(command: Sequence[str]) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
