"""The chart versions that this release is tested with, and the oldest that its values work with."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator

from deployer.settings.types.text import plain_text
from deployer.settings.types.validation import refusal

if TYPE_CHECKING:
    from collections.abc import Callable

# The version on mybinder.org in August 2026.
BINDERHUB_VERSION = "1.0.0-0.dev.git.3983.h383374de"
# The first chart that contains chart 4.2 of JupyterHub (August 2025), for whose values the templates are
# written.
OLDEST_BINDERHUB = (1, 0, 0, 3779)
CERTMANAGER_VERSION = "v1.20.2"
# The first chart that is published as an OCI artifact at quay.io.
OLDEST_CERTMANAGER = (1, 18, 0, 0)
TRAEFIK_VERSION = "41.3.0"
# The values of the chart change with every major version.
OLDEST_TRAEFIK = (41, 0, 0, 0)

_VERSION = re.compile(r"v?(\d+)\.(\d+)\.(\d+)(-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?")
_DEVELOPMENT = re.compile(r"-0\.dev(?:\.git\.(\d+))?\b.*")
_RELEASED = 10**9


def no_older_than(oldest: tuple[int, ...], tested: str) -> Callable[[Any], str]:
    """Return a validator for versions that replaces those before `oldest` by `tested`.

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
