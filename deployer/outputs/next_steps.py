"""Renders `next-steps.md`, the page that tells people how to use, change and remove their hub."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.settings.visitors import who_may_use
from deployer.templating import render

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deployer.names import HubNames
    from deployer.settings import Settings


def render_next_steps(settings: Settings, names: HubNames, notes: Sequence[str] = ()) -> str:
    """Render the page for one hub.

    Args:
        settings: of the hub.
        names: of the hub.
        notes: of the run: what the reader still has to know or do.

    """
    visitors = who_may_use(settings)
    return render("next-steps.md.j2", settings=settings, names=names, notes=notes, visitors=visitors)
