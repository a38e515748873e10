"""Renders the package's YAML templates, so that nothing a person typed can change what a file means.

Every value goes through the filter `yaml`, which writes it so that any YAML reader gets back just that value;
an undefined name is an error, and a secret can only be written by a template that says so (`secret`).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import yaml
from jinja2 import Environment, PackageLoader, StrictUndefined
from pydantic import SecretStr

if TYPE_CHECKING:
    from collections.abc import Iterator

_PLAIN = frozenset(map(chr, range(0x20, 0x7F))) - {'"', "\\"}


def as_yaml(value: object) -> str:
    """Write a value on one line of YAML, for the place of a mapping's value.

    Args:
        value: text, number, boolean, None, or a sequence of these.

    Raises:
        TypeError: for anything else, a SecretStr among it.

    """
    if isinstance(value, str):
        return '"' + "".join(c if c in _PLAIN else f"\\U{ord(c):08x}" for c in value) + '"'
    if isinstance(value, Sequence):
        return "[" + ", ".join(as_yaml(item) for item in value) + "]"
    if value is None or isinstance(value, bool | int | float):
        return yaml.safe_dump(value).partition("\n")[0]
    raise TypeError(f"A {type(value).__name__} does not belong in this template.")


def render_documents(template: str, *, secrets: bool = False, **context: Any) -> Iterator[dict[str, Any]]:
    """Render a template and read the result back.

    Args:
        template: path below `deployer/templates`.
        secrets: whether the template may write secrets.
        context: what the template may name.

    Yields:
        Each non-empty YAML document.

    """
    text = _environment(secrets=secrets).get_template(template).render(context)
    yield from filter(None, yaml.safe_load_all(text))


@cache
def _environment(*, secrets: bool) -> Environment:
    environment = Environment(
        loader=PackageLoader("deployer", "templates"),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - YAML, not HTML: the filter `yaml` quotes
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["yaml"] = as_yaml
    if secrets:
        environment.filters["secret"] = SecretStr.get_secret_value
    return environment
