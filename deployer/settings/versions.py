"""The chart versions that this release is tested with, their content, and the oldest that its values fit."""

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
# The first chart whose BinderHub limits the pods of builds by `KubernetesBuildExecutor.resources` (binderhub
# 2071, April 2026). Older ones ignore these values, so a clone could fill the disk of its node.
OLDEST_BINDERHUB = (1, 0, 0, 3954)
CERTMANAGER_VERSION = "v1.20.2"
# The first chart that is published as an OCI artifact at quay.io.
OLDEST_CERTMANAGER = (1, 18, 0, 0)
TRAEFIK_VERSION = "41.3.0"
# The values of the chart change with every major version.
OLDEST_TRAEFIK = (41, 0, 0, 0)
# The content of these versions, by `name-version` of the chart: the SHA-256 of its archive (in the
# index of its repository, or `helm pull` and `sha256sum`), or in a registry the digest of its
# artifact, which names that of the archive (`helm pull` shows it).
DIGESTS = {
    # The index of jupyterhub/helm-chart, of 1 July 2026.
    f"binderhub-{BINDERHUB_VERSION}": (
        "sha256:3e65751b3a1b5e072b52c555d362412faf5c4e60eb91d51e87251c41dc071db9"
    ),
    # The archive, which the project pushes to its registry and to charts.jetstack.io as it is.
    f"cert-manager-{CERTMANAGER_VERSION}": (
        "sha256:d2a50bd44a09d838c2576a8f3dfca1524597c7393cf8d82ab3ec8a465b9eeb79"
    ),
    # The artifact.
    f"traefik-{TRAEFIK_VERSION}": "sha256:dcae2d586d7fbda6a08150eaeeca4132e9dd042d8a4d16ada287e8c40f6ff17a",
}

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
