"""The programs of a control plane: given by KUBEBUILDER_ASSETS, cached, or built once from their Go modules.

Uses the standard library only, because set-up runs it before anything is installed:
`python3 -m sandbox.clusters.programs`.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.go_builds import GoModule, ProgramsError, say

if TYPE_CHECKING:
    from sandbox.go_builds import Go

MODULE = GoModule(Path(__file__).resolve().parents[1] / "control-plane")
KUBERNETES_VERSION = "v1.36.3"
MINUTES = 5

# Program -> name after `go build … tool`, which is that of the package.
BUILT_NAMES = {
    "etcd": "server",
    "kube-apiserver": "kube-apiserver",
    "kube-controller-manager": "kube-controller-manager",
    "kube-scheduler": "kube-scheduler",
    "kwok": "kwok",
}


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
    return MODULE.cache_folder()


def build() -> Programs:
    """Build the programs into the cache, all of them or none.

    Raises:
        ProgramsError: there is no Go, or the build failed.

    """
    what = f"Kubernetes {KUBERNETES_VERSION}, etcd and kwok"
    MODULE.build(what, MINUTES, lambda: Programs.in_folder(cache_folder()).are_executable(), _make)
    return Programs.in_folder(cache_folder())


def _make(go: Go, built: Path) -> None:
    go.run("mod", "download")
    go.run("build", "-trimpath", "-ldflags", _linker_flags(), "-o", str(built), "tool")
    for name, built_name in BUILT_NAMES.items():
        (built / built_name).rename(built / name)


def _linker_flags() -> str:
    package = "k8s.io/component-base/version"
    major, minor, _ = KUBERNETES_VERSION.removeprefix("v").split(".")
    variables = {"gitVersion": KUBERNETES_VERSION, "gitMajor": major, "gitMinor": minor}
    return " ".join(["-s", "-w", *(f"-X {package}.{name}={value}" for name, value in variables.items())])


def main() -> int:
    """Build the programs if they are missing, and print the progress; return the exit status."""
    if locate() is not None:
        return 0
    try:
        build()
    except ProgramsError as error:
        say(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
