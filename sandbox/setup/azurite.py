"""Azurite, which serves the blobs of storage accounts, from npm; Node.js from PyPI where there is none."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.nodejs import FETCHED, OLDEST, NodeJs, fetched_node, find_node, node_directory, version_of
from sandbox.setup import stamps
from sandbox.setup.processes import run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.setup.python_environment import PythonEnvironment
    from sandbox.setup.tasks import Say, SetUpError

NEXT_STEP = "Check that the npm registry can be reached, and start again."
INSTALL_NODE = (
    f"Check that the package index can be reached, or install Node.js {OLDEST} or newer with npm (for "
    "example `apt install nodejs npm` or `brew install node`), and start again."
)
QUIET = ("--quiet", "--disable-pip-version-check", "--no-input", "--progress-bar", "off")


class Azurite:
    """Installs Azurite from its lock file into `sandbox/azurite/node_modules`.

    Args:
        root: the checkout.
        environment: its pip fetches Node.js if this machine has none.

    """

    name = "azurite"
    what = "installing Azurite, the storage of the sandbox, from its lock file (a few seconds)"

    def __init__(self, root: Path, environment: PythonEnvironment) -> None:
        self._directory = root / "sandbox" / "azurite"
        self._environment = environment
        self._program = self._directory / "node_modules" / ".bin" / "azurite-blob"
        self._stamp = self._directory / "node_modules" / ".lock-hash"

    @property
    def downloads(self) -> str:
        """What is downloaded, and why."""
        azurite = "55 MB from npm"
        if find_node() is not None:
            return azurite
        return f"{azurite}, and 61 MB from PyPI for Node.js {FETCHED}, because {_missing()}"

    def is_done(self) -> bool:
        """Return whether Azurite was installed from this lock file, and there is a Node.js to run it."""
        installed = self._program.exists() and stamps.read(self._stamp) == self._wanted()
        return installed and find_node() is not None

    def problems(self) -> Sequence[SetUpError]:
        """Return no problems: a missing Node.js is fetched."""
        return ()

    async def run(self, say: Say) -> None:
        """Install Azurite; npm first removes what was installed, the stamp included."""
        nodejs = find_node() or await self._fetch_node(say)
        options = ("--ignore-scripts", "--no-audit", "--no-fund")
        await run(*nodejs.npm, "ci", *options, cwd=self._directory, next_step=NEXT_STEP)
        stamps.write(self._stamp, self._wanted())

    async def _fetch_node(self, say: Say) -> NodeJs:
        """Put Node.js into the cache, completely or not at all."""
        python = await self._environment.created()
        say(f"fetching Node.js {FETCHED} from PyPI, checked against its hash")
        target = node_directory()
        target.parent.mkdir(parents=True, exist_ok=True)
        lock = self._directory / "requirements.lock"
        with tempfile.TemporaryDirectory(prefix=".fetching-", dir=target.parent) as folder:
            command = (python, "-m", "pip", "install", *QUIET, "--require-hashes", "--no-compile")
            where = ("--target", Path(folder, "package"), "--requirement", lock)
            await run(*command, *where, cwd=self._directory, next_step=INSTALL_NODE)
            _replace(target, Path(folder, "package"))
        return fetched_node()

    def _wanted(self) -> str:
        return stamps.digest((self._directory / "package-lock.json").read_bytes())


def _replace(target: Path, made: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    made.rename(target)


def _missing() -> str:
    """Return what this machine lacks."""
    node = shutil.which("node")
    if node is None:
        return "there is no Node.js on the PATH"
    version = version_of(node)
    if version < OLDEST:
        return (
            f"the one on the PATH is older than {OLDEST}" if version else "the one on the PATH does not run"
        )
    return "there is no npm on the PATH"
