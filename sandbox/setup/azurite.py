"""Azurite, which serves the blobs of storage accounts, from npm."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING

from sandbox.setup import stamps
from sandbox.setup.processes import run
from sandbox.setup.tasks import SetUpError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sandbox.setup.tasks import Say

OLDEST_NODE = 18
NEXT_STEP = "Check that the npm registry can be reached, and start again."
INSTALL_NODE = (
    f"Install Node.js {OLDEST_NODE} or newer with npm (for example `apt install nodejs npm` or "
    "`brew install node`) and start again."
)


class Azurite:
    """Installs Azurite from its lock file into `sandbox/azurite/node_modules`.

    Args:
        root: the checkout.

    """

    name = "azurite"
    what = "installing Azurite, the storage of the sandbox, from its lock file (a few seconds)"

    def __init__(self, root: Path) -> None:
        self._directory = root / "sandbox" / "azurite"
        self._program = self._directory / "node_modules" / ".bin" / "azurite-blob"
        self._stamp = self._directory / "node_modules" / ".lock-hash"

    def is_done(self) -> bool:
        """Return whether Azurite was installed from this lock file."""
        return self._program.exists() and stamps.read(self._stamp) == self._wanted()

    def problems(self) -> Sequence[SetUpError]:
        """Return what Azurite needs and this machine lacks: Node.js and npm."""
        version = _node_version()
        if version is None or shutil.which("npm") is None:
            missing = "Node.js is missing" if version is None else "npm is missing"
            return (
                SetUpError(
                    f"{missing}: Azurite, which plays Azure's storage, needs it.", next_step=INSTALL_NODE
                ),
            )
        if version < OLDEST_NODE:
            return (SetUpError(f"Node.js {version} is too old for Azurite.", next_step=INSTALL_NODE),)
        return ()

    async def run(self, _say: Say) -> None:
        """Install Azurite; npm first removes what was installed, the stamp included."""
        options = ("--ignore-scripts", "--no-audit", "--no-fund")
        await run("npm", "ci", *options, cwd=self._directory, next_step=NEXT_STEP)
        stamps.write(self._stamp, self._wanted())

    def _wanted(self) -> str:
        return stamps.digest((self._directory / "package-lock.json").read_bytes())


def _node_version() -> int | None:
    """Return the major version of Node.js, None if it is not installed."""
    try:
        answer = subprocess.run(
            ["node", "--version"], capture_output=True, text=True, check=False, timeout=20
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.match(r"v(\d+)\.", answer.stdout)
    return int(found[1]) if found else None
