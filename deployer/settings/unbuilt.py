"""What this release cannot do yet, in one place: taken away line by line as it is built."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.settings.choices import Action

if TYPE_CHECKING:
    from deployer.settings.model import Settings

BUILT_ACTIONS = frozenset({Action.DEPLOY, Action.PLAN, Action.INFO})


def serves_https(settings: Settings) -> bool:  # noqa: ARG001 - will look at enable_https and contact_email
    """Return whether a hub with these settings is served over HTTPS: none is, so far."""
    return False
