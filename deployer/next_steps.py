"""What people can do now that their hub is there: a page in Markdown for the outputs."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from jinja2 import Environment, StrictUndefined

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deployer.names import HubNames
    from deployer.settings import Settings


def render_next_steps(settings: Settings, names: HubNames, notes: Sequence[str] = ()) -> str:
    """Render the page for one hub.

    Args:
        settings: the hub's.
        names: the hub's.
        notes: of the run: what remains to be known or done.

    """
    environment = Environment(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True)  # noqa: S701 - Markdown
    text = files("deployer").joinpath("templates", "next-steps.md.j2").read_text(encoding="utf-8")
    return environment.from_string(text).render(settings=settings, names=names, notes=notes)
