"""The programs behind HTTPS: cert-manager with its chart, Pebble, and Traefik, built once from Go modules.

Pebble is the ACME server that Let's Encrypt tests clients with. cert-manager's programs are modules of their
own that no module proxy has, so a small main of ours starts them from the packages of its root module.

Uses the standard library only, because set-up runs it before anything is installed:
`python3 -m sandbox.clusters.https_programs`.
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

_SANDBOX = Path(__file__).resolve().parents[1]
CERT_MANAGER_VERSION = "v1.20.2"
CERT_MANAGER, TRAEFIK = GoModule(_SANDBOX / "cert-manager"), GoModule(_SANDBOX / "traefik")
DNS_PROVIDERS = "dns_providers.go"


@dataclass(frozen=True)
class HttpsPrograms:
    """The programs, and the chart.

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
    def cached(cls) -> HttpsPrograms:
        """Return where the cache has them."""
        folder = CERT_MANAGER.cache_folder()
        return cls(
            folder / "cert-manager", folder / "pebble", TRAEFIK.cache_folder() / "traefik", folder / "chart"
        )

    def has_cert_manager(self) -> bool:
        """Return whether cert-manager, its chart and Pebble are there."""
        chart = self.cert_manager_chart / "Chart.yaml"
        return _is_executable(self.cert_manager) and _is_executable(self.pebble) and chart.is_file()

    def has_traefik(self) -> bool:
        """Return whether Traefik is there."""
        return _is_executable(self.traefik)


def locate() -> HttpsPrograms | None:
    """Return the programs; None before the first build."""
    programs = HttpsPrograms.cached()
    return programs if programs.has_cert_manager() and programs.has_traefik() else None


def build() -> HttpsPrograms:
    """Build what the cache lacks.

    Raises:
        ProgramsError: there is no Go, or a build failed.

    """
    programs = HttpsPrograms.cached()
    if not programs.has_cert_manager():
        CERT_MANAGER.build("cert-manager and Pebble", 3, programs.has_cert_manager, _make_cert_manager)
    if not programs.has_traefik():
        TRAEFIK.build("Traefik", 3, programs.has_traefik, _make_traefik)
    return programs


def _make_cert_manager(go: Go, built: Path) -> None:
    _compile(go, ".", built / "cert-manager")
    _compile(go, "github.com/letsencrypt/pebble/v2/cmd/pebble", built / "pebble")
    chart = go.module_folder("github.com/cert-manager/cert-manager") / "deploy" / "charts" / "cert-manager"
    shutil.copytree(chart, built / "chart", copy_function=shutil.copyfile)
    # A release fills in the version, and so names the images.
    text = (chart / "Chart.template.yaml").read_text(encoding="utf-8")
    text = text.replace("v0.0.0", CERT_MANAGER_VERSION)
    (built / "chart" / "Chart.yaml").write_text(text, encoding="utf-8")


def _make_traefik(go: Go, built: Path) -> None:
    lego = go.module_folder("github.com/go-acme/lego/v4")
    shutil.copyfile(TRAEFIK.folder / DNS_PROVIDERS, lego / "providers" / "dns" / "zz_gen_dns_providers.go")
    _compile(go, "github.com/traefik/traefik/v3/cmd/traefik", built / "traefik")


def _compile(go: Go, package: str, target: Path) -> None:
    go.run("build", "-trimpath", "-ldflags", "-s -w", "-o", str(target), package)


def _is_executable(path: Path) -> bool:
    return os.access(path, os.X_OK)


def main() -> int:
    """Build the programs that are missing, and print the progress; return the exit status."""
    try:
        build()
    except ProgramsError as error:
        say(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
