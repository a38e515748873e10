"""Renders the files in `templates/`, so that no setting can change the structure of what is rendered.

In YAML every value goes through the filter `yaml`, which writes it so that any YAML reader gets back exactly
that value. An undefined name is an error. Only a template that is rendered with `secrets=True` can write a
secret, through the filter `secret`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pydantic import SecretStr

if TYPE_CHECKING:
    from collections.abc import Iterator

_PACKAGE = Path(__file__).resolve().parent
_PLAIN = frozenset(map(chr, range(0x20, 0x7F))) - {'"', "\\"}


def templates_directory() -> Path:
    """Return the directory of the templates: inside an installed package, beside it in a checkout."""
    installed = _PACKAGE / "templates"
    return installed if installed.is_dir() else _PACKAGE.parent / "templates"


def as_yaml(value: object) -> str:
    """Write a value on one line of YAML, for the value of a mapping's key.

    Args:
        value: text, number, boolean, None, or a sequence of these.

    Raises:
        TypeError: for anything else, including a SecretStr.

    """
    if isinstance(value, str):
        return '"' + "".join(c if c in _PLAIN else f"\\U{ord(c):08x}" for c in value) + '"'
    if isinstance(value, Sequence):
        return "[" + ", ".join(as_yaml(item) for item in value) + "]"
    if value is None or isinstance(value, bool | int | float):
        # safe_dump ends a scalar document with the line "...".
        return yaml.safe_dump(value).partition("\n")[0]
    raise TypeError(f"A {type(value).__name__} does not belong in this template.")


def render(template: str, *, secrets: bool = False, **context: Any) -> str:
    """Render a template.

    Args:
        template: path below `templates/`.
        secrets: whether the template may write secrets.
        context: the names that the template can use.

    """
    return _environment(secrets=secrets).get_template(template).render(context)


def render_documents(template: str, *, secrets: bool = False, **context: Any) -> Iterator[dict[str, Any]]:
    """Render a YAML template and parse the result.

    Yields:
        Each non-empty document; see `render` for the arguments.

    """
    rendered = render(template, secrets=secrets, **context)
    yield from filter(None, yaml.load_all(rendered, Loader=yaml.CSafeLoader))


@cache
def _environment(*, secrets: bool) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(templates_directory()),
        undefined=StrictUndefined,
        # YAML and Markdown, not HTML: the filter `yaml` quotes.
        autoescape=False,  # noqa: S701
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["yaml"] = as_yaml
    if secrets:
        environment.filters["secret"] = SecretStr.get_secret_value
    return environment
