"""What a context gets in tests that run no whole deployment: nothing there may end the run."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deployer.errors import DeployerError


def fail(error: DeployerError) -> None:
    """Raise the error that would end the run."""
    raise error
