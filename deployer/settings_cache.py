"""Where this machine keeps what was downloaded or built once.

Apart from the other settings, because set-up asks it before any package is installed: standard library only.
"""

from __future__ import annotations

import os
from pathlib import Path


def cache_directory() -> Path:
    """Return this project's directory in the user's cache.

    XDG base directory specification: `XDG_CACHE_HOME` counts when it is an absolute path, else `~/.cache`.
    """
    configured = Path(os.environ.get("XDG_CACHE_HOME", ""))
    base = configured if configured.is_absolute() else Path.home() / ".cache"
    return base / "binderhub-azure"
