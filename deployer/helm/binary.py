"""Finds the helm program, or downloads the version that this package is tested with.

The image contains helm; a laptop often has none. A download is verified before it gets its final name, so
that a file under that name can be run. Standard library only: set-up uses this module before any package is
installed.
"""

from __future__ import annotations

import hashlib
import io
import os
import platform
import re
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from deployer.cache_dir import cache_directory
from deployer.errors import HelmError

if TYPE_CHECKING:
    from collections.abc import Callable

HELM_VERSION = "4.3.1"
# Helm 3 knows no --rollback-on-failure.
OLDEST_MAJOR_VERSION = 4

# SHA-256 of the program, for platforms whose official build was verified independently of the download
# server. No command downloads helm for another platform; the image for one is built with the checksum that is
# published beside the archive.
PROGRAM_SHA256 = {
    "linux-amd64": "b66cb19f2b31f9d427632ea6c4b4a1ff89b74ecaeaee323cd166da41a7af53bd",
}
PLATFORMS = ("darwin-amd64", "darwin-arm64", "linux-amd64", "linux-arm64")

DOWNLOADS = "https://get.helm.sh"
DOWNLOAD_TIMEOUT_SECONDS = 30

_ARCHITECTURES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


def platform_name() -> str:
    """Return the platform of this machine as helm names it, for example `linux-amd64`."""
    machine = platform.machine().lower()
    return f"{platform.system().lower()}-{_ARCHITECTURES.get(machine, machine)}"


def is_pinned() -> bool:
    """Return whether this release knows the SHA-256 of the program for this machine."""
    return platform_name() in PROGRAM_SHA256


def cached_helm() -> Path:
    """Return the path of the pinned version in the cache, whether it is there or not."""
    return cache_directory() / "helm" / HELM_VERSION / "helm"


def find_helm() -> Path | None:
    """Return the helm program on the PATH if it is helm 4 or newer, else the one in the cache, else None."""
    on_path, cached = shutil.which("helm"), _installed()
    # Each command looks for helm; to start it for its version takes a tenth of a command that only looks.
    if on_path is None or (cached is not None and cached.samefile(on_path)):
        return cached
    return Path(on_path) if _major_version(on_path) >= OLDEST_MAJOR_VERSION else cached


def _installed() -> Path | None:
    cached = cached_helm()
    return cached if cached.is_file() else None


def _major_version(program: str) -> int:
    """Return the major version that a program says it has, 0 for one that says none."""
    try:
        said = subprocess.run(
            (program, "version", "--template", "{{ .Version }}"), capture_output=True, text=True, check=False
        ).stdout
    except OSError:
        return 0
    version = re.match(r"v(\d+)\.", said)
    return int(version[1]) if version else 0


def download_helm(fetch: Callable[[str], bytes] | None = None) -> Path:
    """Download the pinned version from the download server of helm into the cache.

    Args:
        fetch: returns the content of a URL; by default over HTTPS.

    Returns:
        Path of the program, ready to run.

    Raises:
        HelmError: there is no build for this machine, the server cannot be reached, or the download is not
            the released one; nothing is left behind.

    """
    name = platform_name()
    if name not in PLATFORMS:
        raise HelmError(
            f"There is no build of helm for this machine ({name}).",
            suggestion=f"Install helm {HELM_VERSION} yourself and add it to the PATH.",
        )
    fetch = fetch or _fetch
    address = f"{DOWNLOADS}/helm-v{HELM_VERSION}-{name}.tar.gz"
    archive = fetch(address)
    if name not in PROGRAM_SHA256:
        _require_sha256(archive, fetch(f"{address}.sha256sum").decode().split()[0], what=address)
    return install_helm(_program_of(archive, name), name)


def install_helm(program: bytes, name: str) -> Path:
    """Write a helm program into the cache, completely or not at all.

    Args:
        program: content of the program.
        name: its platform; where a hash is pinned for it, the program must match.

    Raises:
        HelmError: the hash does not match, or the cache cannot be written.

    """
    if name in PROGRAM_SHA256:
        _require_sha256(program, PROGRAM_SHA256[name], what=f"helm {HELM_VERSION} for {name}")
    target = cached_helm()
    try:
        _write_program(target, program)
    except OSError as error:
        raise HelmError(
            f"Helm cannot be written to {target}: {error.strerror}.",
            suggestion="Set XDG_CACHE_HOME to a directory that you can write, or install helm "
            f"{HELM_VERSION} yourself (on the PATH).",
        ) from None
    return target


def _write_program(target: Path, program: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor, unfinished = tempfile.mkstemp(dir=target.parent, prefix=".helm-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(program)
        Path(unfinished).chmod(0o755)
        Path(unfinished).replace(target)
    finally:
        Path(unfinished).unlink(missing_ok=True)


def _fetch(address: str) -> bytes:
    # Every start finds helm, and few download it: these modules are a twentieth of what a start imports.
    import urllib.request  # noqa: PLC0415
    from urllib.error import URLError  # noqa: PLC0415

    try:
        with urllib.request.urlopen(address, timeout=DOWNLOAD_TIMEOUT_SECONDS) as response:  # noqa: S310 - https, fixed host
            return bytes(response.read())
    except OSError as error:
        reason = error.reason if isinstance(error, URLError) else error
        raise HelmError(
            f"Helm could not be downloaded from {address}: {reason}",
            suggestion=f"Check the connection, or install helm {HELM_VERSION} yourself (on the PATH).",
            retryable=True,
        ) from None


def _require_sha256(content: bytes, expected: str, *, what: str) -> None:
    found = hashlib.sha256(content).hexdigest()
    if found != expected:
        raise HelmError(
            f"The SHA-256 of {what} is {found}, not {expected}; it was not installed.",
            cause="The download is damaged, or was replaced on the way.",
            suggestion="Try again on another network; if it happens again, report it.",
            retryable=True,
        )


def _program_of(archive: bytes, name: str) -> bytes:
    try:
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as tar:
            member = tar.extractfile(f"{name}/helm")
            if member is not None:
                return member.read()
    except (tarfile.TarError, KeyError, OSError, EOFError):
        pass
    raise HelmError(f"The download from {DOWNLOADS} is not an archive of helm.", retryable=True)
