"""Containers of an image, started by hand."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.image.build import Image


def container_command(image: Image, *command: str, **variables: str) -> list[str]:
    """Return the command line that runs a command in a container, with these variables beside the image's."""
    given = {**image.environment, **variables}
    launcher = (sys.executable, "-m", "sandbox.image.container", *image.container_options, "--", *command)
    return ["env", "-i", *(f"{name}={value}" for name, value in given.items()), *launcher]
