"""The programs of a cluster: a Kubernetes control plane, and what runs in place of the pods behind HTTPS.

All are built from one Go module, once for the machine: the control plane, cert-manager and Traefik share a
third of their packages, which would otherwise be compiled two or three times. Pebble is the ACME server that
Let's Encrypt tests clients with. cert-manager's programs are modules of their own that no module proxy has: a
small main of ours starts them from the packages of its root module.

Uses the standard library only, because set-up runs it before anything is installed:
`python3 -m sandbox.clusters.programs`.
"""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.go_builds import GoModule, ProgramsError, say

if TYPE_CHECKING:
    from sandbox.go_builds import Go

MODULE = GoModule(Path(__file__).resolve().parents[1] / "programs")
KUBERNETES_VERSION = "v1.36.3"
CERT_MANAGER_VERSION = "v1.20.2"
MINUTES = 9

# Program -> package.
CONTROL_PLANE = {
    "etcd": "go.etcd.io/etcd/server/v3",
    "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
    "kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager",
    "kube-scheduler": "k8s.io/kubernetes/cmd/kube-scheduler",
    "kwok": "sigs.k8s.io/kwok/cmd/kwok",
}
HTTPS = {
    "cert-manager": "github.com/cert-manager/cert-manager/binderhub-azure",
    "pebble": "github.com/letsencrypt/pebble/v2/cmd/pebble",
    "traefik": "github.com/traefik/traefik/v3/cmd/traefik",
}
CHART = "chart"

# Packages of which our programs ask nothing, but whose libraries of other clouds take minutes to compile: the
# package of ours -> the module and folder of the one whose place it takes.
LEFT_OUT = {
    "lego": ("github.com/go-acme/lego/v4", "providers/dns"),
    "ecs": ("github.com/traefik/traefik/v3", "pkg/provider/ecs"),
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
        return cls(*(folder / name for name in CONTROL_PLANE))

    def are_executable(self) -> bool:
        """Return whether each of them is executable."""
        return all(map(_is_executable, vars(self).values()))


@dataclass(frozen=True)
class HttpsPrograms:
    """The programs behind HTTPS, and cert-manager's chart.

    Attributes:
        cert_manager: with controller, webhook and cainjector as its first argument.
        pebble: the ACME server.
        traefik: the ingress controller.
        cert_manager_chart: the official chart's folder.

    """

    cert_manager: Path
    pebble: Path
    traefik: Path
    cert_manager_chart: Path

    @classmethod
    def in_folder(cls, folder: Path) -> HttpsPrograms:
        """Return the paths in a folder."""
        return cls(*(folder / name for name in (*HTTPS, CHART)))

    def are_complete(self) -> bool:
        """Return whether each program is executable, and the chart there."""
        programs = (self.cert_manager, self.pebble, self.traefik)
        return all(map(_is_executable, programs)) and (self.cert_manager_chart / "Chart.yaml").exists()


def locate() -> Programs | None:
    """Return the programs of KUBEBUILDER_ASSETS, else those of the cache; None before the first build."""
    given = _given()
    if given is not None:
        return given
    programs = Programs.in_folder(cache_folder())
    return programs if programs.are_executable() else None


def locate_https() -> HttpsPrograms | None:
    """Return the programs behind HTTPS; None before the first build."""
    programs = HttpsPrograms.in_folder(cache_folder())
    return programs if programs.are_complete() else None


def are_there() -> bool:
    """Return whether there is nothing to build."""
    return locate() is not None and locate_https() is not None


def cache_folder() -> Path:
    """Return the folder of the cache for the module's sources and lock files."""
    return MODULE.cache_folder()


def build() -> tuple[Programs, HttpsPrograms]:
    """Return the programs, built into the cache if they are missing, all or none; what is given is not built.

    Raises:
        ProgramsError: there is no Go, or the build failed.

    """
    given = _given()
    if not are_there():
        kubernetes = "" if given else f"Kubernetes {KUBERNETES_VERSION}, etcd, kwok, "
        MODULE.build(f"{kubernetes}cert-manager, Pebble and Traefik", MINUTES, are_there, _make)
    return given or Programs.in_folder(cache_folder()), HttpsPrograms.in_folder(cache_folder())


def _given() -> Programs | None:
    folder = os.environ.get("KUBEBUILDER_ASSETS")
    given = Programs.in_folder(Path(folder)) if folder else None
    return given if given is not None and given.are_executable() else None


def _make(go: Go, built: Path) -> None:
    for ours, (module, folder) in LEFT_OUT.items():
        _replace_package(go.module_folder(module) / folder, MODULE.folder / ours)
    go.build(HTTPS if _given() is not None else CONTROL_PLANE | HTTPS, built, _versions())
    _copy_chart(go, built / CHART)


def _replace_package(theirs: Path, ours: Path) -> None:
    for source in theirs.glob("*.go"):
        source.unlink()
    for source in ours.glob("*.go"):
        shutil.copyfile(source, theirs / source.name)


def _copy_chart(go: Go, target: Path) -> None:
    chart = go.module_folder("github.com/cert-manager/cert-manager") / "deploy" / "charts" / "cert-manager"
    shutil.copytree(chart, target, copy_function=shutil.copyfile)
    # A release fills in the version, and so names the images.
    text = (chart / "Chart.template.yaml").read_text(encoding="utf-8")
    (target / "Chart.yaml").write_text(text.replace("v0.0.0", CERT_MANAGER_VERSION), encoding="utf-8")


def _versions() -> dict[str, str]:
    """Return the variables that Kubernetes' own build sets: its API tells them as its version."""
    package = "k8s.io/component-base/version"
    major, minor, _ = KUBERNETES_VERSION.removeprefix("v").split(".")
    variables = {"gitVersion": KUBERNETES_VERSION, "gitMajor": major, "gitMinor": minor}
    return {f"{package}.{name}": value for name, value in variables.items()}


def _is_executable(path: Path) -> bool:
    return os.access(path, os.X_OK)


def main() -> int:
    """Build the programs if they are missing, and print the progress; return the exit status."""
    try:
        build()
    except ProgramsError as error:
        say(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
