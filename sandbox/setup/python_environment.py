"""The virtual environment, with the packages of the development lock file and this project.

uv installs the packages: pip needs a minute more for them, in which it reads what the index has of each.
"""

from __future__ import annotations

import asyncio
import importlib.util
import shutil
import sys
import tomllib
from typing import TYPE_CHECKING

from sandbox.setup import stamps
from sandbox.setup.processes import run
from sandbox.setup.tasks import SetUpError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sandbox.setup.tasks import Say

UNFINISHED = ".unfinished"
HASHED = ("--require-hashes", "--requirement")
QUIET = ("--quiet", "--disable-pip-version-check", "--no-input", "--progress-bar", "off")
NEXT_STEP = "Check that the package index can be reached, and start again."


class PythonEnvironment:
    """Creates `.venv`.

    Args:
        root: the checkout.

    Attributes:
        directory: the environment.
        python: its Python.

    """

    name = "python"
    downloads = "84 MB from PyPI"
    what = "making .venv with the packages of requirements-development.lock (half a minute)"

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lock = root / "requirements-development.lock"
        self._lock_of_uv = root / "sandbox" / "setup" / "requirements.lock"
        self.directory = root / ".venv"
        self.python = self.directory / "bin" / "python"
        self._stamp = self.directory / ".lock-hash"
        self._created = asyncio.Event()

    def is_done(self) -> bool:
        """Return whether the environment has this lock file, this project and this directory."""
        return self._usable() and stamps.read(self._stamp) == self._wanted()

    def problems(self) -> Sequence[SetUpError]:
        """Return whether the module `venv` is missing, which Debian packages separately."""
        if importlib.util.find_spec("ensurepip") and importlib.util.find_spec("venv"):
            return ()
        version = "{}.{}".format(*sys.version_info[:2])
        missing = (
            f"This Python ({sys.executable}) can't make virtual environments: its venv module is missing."
        )
        return (SetUpError(missing, next_step=f"Install it, for example: apt install python{version}-venv"),)

    async def created(self) -> Path:
        """Wait until the environment exists, with or without packages; return its Python."""
        if not self.is_done():
            await self._created.wait()
        return self.python

    async def run(self, say: Say) -> None:
        """Create the environment, or install the packages of the lock file into it."""
        try:
            await self._create()
        finally:
            self._created.set()
        say("installing the locked packages, each checked against its hash")
        try:
            await self._install_with_uv()
        except SetUpError:
            # uv follows none of the settings of pip, which may name another index or a proxy.
            say("installing them with pip, because uv cannot: this takes a minute longer")
            await self._pip(*HASHED, str(self._lock))
        # --no-index: the lock file has all that the project needs, its build backend included.
        await self._pip("--no-index", "--no-deps", "--no-build-isolation", "--editable", str(self._root))
        stamps.write(self._stamp, self._wanted())
        (self.directory / UNFINISHED).unlink()

    async def _create(self) -> None:
        """Create an empty environment unless there is a usable one, and mark it as unfinished."""
        keep = self._usable()
        self.directory.mkdir(exist_ok=True)
        (self.directory / UNFINISHED).touch()
        if not keep:
            await asyncio.to_thread(self._empty)
            await run(sys.executable, "-m", "venv", self.directory, cwd=self._root, next_step=NEXT_STEP)

    async def _install_with_uv(self) -> None:
        await self._pip("--no-deps", *HASHED, str(self._lock_of_uv))
        where = ("--python", self.python)
        command = ("pip", "install", "--quiet", "--compile-bytecode", *where, *HASHED, self._lock)
        await run(self.directory / "bin" / "uv", *command, cwd=self._root, next_step=NEXT_STEP)

    async def _pip(self, *arguments: str) -> None:
        await run(
            self.python, "-m", "pip", "install", *QUIET, *arguments, cwd=self._root, next_step=NEXT_STEP
        )

    def _usable(self) -> bool:
        """Return whether there is a finished environment of this Python, created in this directory."""
        made_at = stamps.read(self._stamp).partition("\n")[2].strip()
        return (
            self.python.exists()
            and (self.directory / "lib" / "python{}.{}".format(*sys.version_info[:2])).is_dir()
            and not (self.directory / UNFINISHED).exists()
            and made_at in {"", str(self._root)}
        )

    def _empty(self) -> None:
        for child in self.directory.iterdir():
            if child.is_dir() and not child.is_symlink():
                shutil.rmtree(child)
            elif child.name != UNFINISHED:
                child.unlink()

    def _wanted(self) -> str:
        project = tomllib.loads((self._root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        return f"{stamps.digest(self._lock.read_bytes(), repr(project))}\n{self._root}\n"
