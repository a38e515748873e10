"""What runs in a container group: the entrypoint of this checkout, or the image that was built from it.

Either way a process gets the variables of its group, and those by which every client reaches the sandbox; no
others but those of the image.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.image.container import AUTHORITY
from sandbox.processes import start

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import Mapping

    from sandbox.azure.container_instances import ContainerSpec
    from sandbox.image.build import Image

ENTRYPOINT = "entrypoint.py"
LAUNCHER = "sandbox.image.container"


class CheckoutRuntime:
    """Runs the entrypoint of a checkout, which needs no build.

    Args:
        checkout: directory with the entrypoint.
        folder: for home directories.
        network_environment: variables by which clients reach the sandbox; read when a container starts.

    """

    def __init__(self, checkout: Path, folder: Path, network_environment: Mapping[str, str]) -> None:
        self._checkout = checkout
        self._folder = folder
        self._network_environment = network_environment

    async def start(self, spec: ContainerSpec, log: Path) -> Process:
        """Start a process with the Python of the sandbox."""
        home = Path(tempfile.mkdtemp(prefix="home-", dir=self._folder))
        command = spec.command or (sys.executable, str(self._checkout / ENTRYPOINT))
        program = shutil.which(command[0]) or command[0]
        environment = {
            "PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(home),
            **self._network_environment,
            **_measurement(),
            **spec.environment,
        }
        # Not in the checkout, where people may have a config.json of their own.
        return await start(Path(program), *command[1:], log=log, environment=environment, cwd=home)


class ImageRuntime:
    """Runs an image, cut off from this machine.

    Args:
        image: unpacked.
        checkout: directory with the sandbox itself.
        network_environment: variables by which clients reach the sandbox; read when a container starts.

    """

    def __init__(self, image: Image, checkout: Path, network_environment: Mapping[str, str]) -> None:
        self._image = image
        self._checkout = checkout
        self._network_environment = network_environment

    async def start(self, spec: ContainerSpec, log: Path) -> Process:
        """Start a process in the root file system of the image."""
        network = self._network_environment
        authority = network["SSL_CERT_FILE"]
        environment = {
            **self._image.environment,
            **{name: value.replace(authority, AUTHORITY) for name, value in network.items()},
            **spec.environment,
        }
        launcher = ("-m", LAUNCHER, *self._image.container_options, f"--authority={authority}", "--")
        command = spec.command or self._image.entrypoint
        return await start(
            Path(sys.executable), *launcher, *command, log=log, environment=environment, cwd=self._checkout
        )


def _measurement() -> dict[str, str]:
    """Return the variables by which coverage.py, where it measures us, measures the container too."""
    return {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}
