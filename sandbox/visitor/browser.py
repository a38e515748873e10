"""Chromium with the network of a sandbox, which trusts its authority and checks every certificate."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.client import SandboxError

if TYPE_CHECKING:
    from sandbox.client import RunningSandbox

END = "-----END CERTIFICATE-----"
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
# Chromium's own services would ask for hosts that the sandbox does not have.
QUIET = (
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--disable-gpu",
)


def missing_programs() -> list[str]:
    """Return the programs that are not installed on this machine."""
    missing = [] if _chromium() else [PROGRAMS[0]]
    return missing + ([] if shutil.which("certutil") else ["certutil"])


class Browser:
    """Chromium with a new profile.

    Args:
        running: the sandbox.
        home: an empty folder for the profile.
        trusting: whether the browser trusts the authority of the sandbox.

    Raises:
        SandboxError: a program is not installed.

    """

    def __init__(self, running: RunningSandbox, home: Path, *, trusting: bool = True) -> None:
        if missing := missing_programs():
            raise SandboxError(
                f"Not installed here: {', '.join(missing)} (Debian's packages: chromium, libnss3-tools)."
            )
        self._running = running
        self._home = home
        if trusting:
            self._trust(Path(running.network["SSL_CERT_FILE"]))

    def command(self, *arguments: str) -> list[str]:
        """Return the command line that opens the browser."""
        # Chromium's sandbox does not work for root.
        as_root = ["--no-sandbox"] if os.geteuid() == 0 else []
        return [
            str(_chromium()),
            *QUIET,
            *as_root,
            f"--user-data-dir={self._home / 'profile'}",
            f"--proxy-server={self._running.network['HTTPS_PROXY']}",
            *arguments,
        ]

    def environment(self) -> dict[str, str]:
        """Return the variables of the browser, which finds its trusted authorities below HOME."""
        return {**os.environ, "HOME": str(self._home)}

    def _trust(self, authorities: Path) -> None:
        database = self._home / ".pki" / "nssdb"
        database.mkdir(parents=True)
        certutil = ("certutil", "-d", f"sql:{database}")
        subprocess.run([*certutil, "-N", "--empty-password"], check=True, capture_output=True)
        for number, certificate in enumerate(certificates_in(authorities)):
            command = [*certutil, "-A", "-a", "-n", f"sandbox-{number}", "-t", "C,,"]
            subprocess.run(command, input=certificate, check=True, capture_output=True)


def certificates_in(file: Path) -> list[bytes]:
    """Return the certificates of a file, each as PEM."""
    return [f"{part}{END}\n".encode() for part in file.read_text().split(END) if part.strip()]


def _chromium() -> str | None:
    return next((found for name in PROGRAMS if (found := shutil.which(name))), None)
