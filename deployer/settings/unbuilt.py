"""What this release cannot do yet, in one place: taken away piece by piece as it is built."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.settings.breach import Breach, either
from deployer.settings.choices import Action

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from deployer.settings.model import Settings

BUILT_ACTIONS = (Action.DEPLOY,)


def action(settings: Settings, _present: Collection[str]) -> Iterator[Breach]:
    """Refuse commands that don't exist yet."""
    if settings.action not in BUILT_ACTIONS:
        yield Breach("action", "is not built yet.", f"Write {either(BUILT_ACTIONS)}.")
