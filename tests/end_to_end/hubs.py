"""A hub that people ask and change with the commands of the deployer, after it was deployed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.end_to_end.deployments import ON_TERMINAL, TERMINAL, run
from tests.results import refused

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.client import RunningSandbox
    from tests.end_to_end.deployments import Ran


@dataclass(frozen=True)
class Hub:
    """A hub with a resource group of its own name.

    Attributes:
        sandbox: where it is.
        name: of the hub.
        folder: with its outputs.
        before: the resources that were there before it, by id.

    """

    sandbox: RunningSandbox
    name: str
    folder: Path
    before: dict[str, dict[str, Any]]

    def ask(self, command: str, *options: str, **environment: str) -> Ran:
        """Run a command with no more than name and group; its result keeps to the schema."""
        ran = run(self.sandbox, *self.command(command, *options), "-o", "json", **environment)
        if ran.status == 0 and command != "logs":
            assert refused(command, ran.result) == []
        return ran

    def read(self, command: str, *options: str) -> str:
        """Run a command with its output for people, but not on a terminal; return what it printed."""
        ran = run(self.sandbox, *self.command(command, *options))
        assert ran.status == 0, ran.stderr
        return ran.stdout

    def see(self, command: str) -> str:
        """Run a command on a terminal; return what people see, without its colours."""
        ran = run(self.sandbox, *ON_TERMINAL, *self.command(command), **TERMINAL)
        assert ran.status == 0, ran.stdout
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", ran.stdout)

    def command(self, command: str, *options: str) -> tuple[str, ...]:
        """Return a command that knows no more than name and group of the hub, and where its outputs are."""
        where = ("--name", self.name, "--resource-group", self.name, "--outputs", str(self.folder))
        return ("binderhub-deployer", command, *options, *where)

    def info(self) -> dict[str, Any]:
        """Return what `info` tells."""
        ran = self.ask("info")
        assert ran.status == 0, ran.stderr
        return ran.result
