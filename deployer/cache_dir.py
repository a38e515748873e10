"""Names the cache directory for downloads and builds.

Separate from the other settings because set-up needs it before any package is installed: standard library
only.
"""

from __future__ import annotations

import os
from pathlib import Path


def cache_directory() -> Path:
    """Return the directory of this project in the cache of the user.

    As the XDG base directory specification says: in `XDG_CACHE_HOME` if that is an absolute path, else in
    `~/.cache`.
    """
    configured = Path(os.environ.get("XDG_CACHE_HOME", ""))
    base = configured if configured.is_absolute() else Path.home() / ".cache"
    return base / "binderhub-azure"
