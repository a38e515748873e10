"""A running sandbox as tests use it: one process for the whole session, asked and used from outside."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.client import CHECKOUT, LOG
from sandbox.portal import Click, Portal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sandbox.client import RunningSandbox
    from sandbox.portal import Clicked

# A whole deployment takes half a minute here; a busy machine may need some times that.
PATIENCE_SECONDS = 240.0
START_PATIENCE_SECONDS = 900.0
TIME_SCALE = 0.01
LAST_WORDS = 6000


@dataclass(frozen=True)
class SandboxUnderTest:
    """The sandbox of a test session.

    Attributes:
        running: how it is reached.
        folder: an empty directory that programs run in.

    """

    running: RunningSandbox
    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        """The variables of a program inside the sandbox, its service principal's among them."""
        return self.running.environment()

    def run(
        self, *argv: str, env: Mapping[str, str] | None = None, timeout: float = PATIENCE_SECONDS
    ) -> subprocess.CompletedProcess[str]:
        """Run a program inside the sandbox to its end; `timeout` in seconds."""
        return subprocess.run(
            argv,
            env={**self.environment, **(env or {})},
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def state(self) -> dict[str, Any]:
        """All that exists in the sandbox's Azure."""
        return self.running.state()

    def requests(self) -> list[dict[str, Any]]:
        """The record of all requests so far, oldest first."""
        return self.running.requests()

    def click(self, parameters: Mapping[str, Any], **where: Any) -> Clicked:
        """Deploy the template as the portal does and follow the deployer to its end.

        Args:
            parameters: of the template, by name.
            where: further fields of `Click`: resource group, location, template.

        """
        portal = Portal(self.running)
        click = Click(parameters, **where)
        clicked = portal.deploy(click)
        for _ in portal.follow(click, clicked):
            pass
        return clicked

    def add_service_principal(self, *roles: Mapping[str, str], name: str = "deployer") -> dict[str, str]:
        """Make a service principal; return its SP_… settings.

        Args:
            roles: `{"role": "Contributor", "scope": ID}` each; the subscription without a scope.
            name: its name.

        """
        made = self.running.ask("POST", "/service-principals", {"name": name, "roles": list(roles)}).json()
        return dict(made["settings"])

    def log(self) -> str:
        """The end of what the sandbox itself wrote."""
        return (self.running.state_dir / LOG).read_text(encoding="utf-8", errors="replace")[-LAST_WORDS:]


def sandbox_command(*arguments: str, timeout: float = PATIENCE_SECONDS) -> subprocess.CompletedProcess[str]:
    """Run `python -m sandbox` with arguments; `timeout` in seconds."""
    return subprocess.run(
        [sys.executable, "-m", "sandbox", *arguments],
        cwd=CHECKOUT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
