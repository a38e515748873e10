"""The versions of charts that this release is tested with, and which older ones its values cannot drive."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator

from deployer.settings.breach import refusal
from deployer.settings.text_kinds import plain_text

if TYPE_CHECKING:
    from collections.abc import Callable

BINDERHUB_VERSION = "1.0.0-0.dev.git.3983.h383374de"
"""What mybinder.org ran in August 2026."""
OLDEST_BINDERHUB = (1, 0, 0, 3779)
"""The first chart with JupyterHub's chart 4.2 (August 2025), whose values ours are."""
CERTMANAGER_VERSION = "v1.20.2"
OLDEST_CERTMANAGER = (1, 18, 0, 0)
"""From here on the chart is published as an OCI artifact at quay.io."""
TRAEFIK_VERSION = "41.3.0"
OLDEST_TRAEFIK = (41, 0, 0, 0)
"""Traefik's chart changes its values with every major version."""

_VERSION = re.compile(r"v?(\d+)\.(\d+)\.(\d+)(-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?")
_DEVELOPMENT = re.compile(r"-0\.dev(?:\.git\.(\d+))?\b.*")
_RELEASED = 10**9


def no_older_than(oldest: tuple[int, ...], tested: str) -> Callable[[Any], str]:
    """Return a validator for versions that puts `tested` in the place of those before `oldest`.

    Args:
        oldest: major, minor, patch, and the number of commits of a development version.
        tested: the version that this release is tested with.

    """

    def current(value: Any) -> str:
        text = plain_text(value)
        match = _VERSION.fullmatch(text)
        if not match:
            raise refusal("is not a version.", f"Leave it empty for the tested one, {tested}.")
        development = _DEVELOPMENT.fullmatch(match[4] or "")
        commits = int(development[1] or 0) if development else _RELEASED
        return text if (int(match[1]), int(match[2]), int(match[3]), commits) >= oldest else tested

    return current


BinderHubVersion = Annotated[str, BeforeValidator(no_older_than(OLDEST_BINDERHUB, BINDERHUB_VERSION))]
CertManagerVersion = Annotated[str, BeforeValidator(no_older_than(OLDEST_CERTMANAGER, CERTMANAGER_VERSION))]
TraefikVersion = Annotated[str, BeforeValidator(no_older_than(OLDEST_TRAEFIK, TRAEFIK_VERSION))]
