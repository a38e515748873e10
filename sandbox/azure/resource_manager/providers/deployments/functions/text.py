"""Template functions on strings."""

from __future__ import annotations

import base64
import json
import re
from typing import Any
from urllib.parse import quote, unquote, urljoin, urlsplit

from sandbox.azure.resource_manager.providers.deployments.errors import ExpressionError
from sandbox.azure.resource_manager.providers.deployments.functions.signature import (
    Function,
    table,
    text_argument,
    whole_number,
    wrong_type,
)

_PLACEHOLDER = re.compile(r"\{\{|\}\}|\{(\d+)\}|[{}]")


def as_text(value: Any) -> str:
    """Return a value as string(), format() and concat() write it: `True` and `False`, objects as JSON."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "True" if value else "False"
    if isinstance(value, int | float):
        return str(value)
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def format_text(pattern: str, *values: Any) -> str:
    """Return a pattern with `{0}`, `{1}`, … filled in; `{{` and `}}` stand for braces."""

    def fill(match: re.Match[str]) -> str:
        if match[0] in ("{{", "}}"):
            return match[0][0]
        if match[1] is None or int(match[1]) >= len(values):
            raise ExpressionError(
                "Unable to evaluate language function 'format': the format is invalid: 'Index (zero based) "
                "must be greater than or equal to zero and less than the size of the argument list.'."
            )
        return as_text(values[int(match[1])])

    return _PLACEHOLDER.sub(fill, text_argument("format", pattern))


def split(text: str, delimiters: str | list[str]) -> list[str]:
    """Return the parts of a string between delimiters."""
    each = [delimiters] if isinstance(delimiters, str) else delimiters
    pattern = "|".join(re.escape(text_argument("split", one)) for one in each)
    return re.split(pattern, text_argument("split", text)) if pattern else [text]


def join(parts: list[Any], delimiter: str) -> str:
    """Return the items of an array, joined by a delimiter."""
    if not isinstance(parts, list):
        raise wrong_type("join", "an array", parts)
    return text_argument("join", delimiter).join(as_text(part) for part in parts)


def substring(text: str, start: int, length: int | None = None) -> str:
    """Return a part of a string, all of which must lie inside it, as in Azure."""
    text, first = text_argument("substring", text), whole_number("substring", start)
    count = len(text) - first if length is None else whole_number("substring", length)
    if first < 0 or count < 0 or first + count > len(text):
        raise ExpressionError(
            "Unable to evaluate template language function 'substring'. The index and length parameters must "
            f"refer to a location within the string. The index parameter: '{first}', the length parameter: "
            f"'{count}', the length of the string parameter: '{len(text)}'."
        )
    return text[first : first + count]


def starts_with(text: str, start: str) -> bool:
    """Return whether a string starts with another, in upper or lower case."""
    return text_argument("startsWith", text).lower().startswith(text_argument("startsWith", start).lower())


def ends_with(text: str, end: str) -> bool:
    """Return whether a string ends with another, in upper or lower case."""
    return text_argument("endsWith", text).lower().endswith(text_argument("endsWith", end).lower())


def pad_left(text: Any, width: int, character: str = " ") -> str:
    """Return a value right-aligned in `width` characters."""
    return as_text(text).rjust(whole_number("padLeft", width), text_argument("padLeft", character))


def _on_text(name: str, call: Any) -> Function:
    """Return a function of one string."""
    return Function(name, lambda text: call(text_argument(name, text)), 1, 1)


def _replace(text: str, old: str, new: str) -> str:
    text, old, new = (text_argument("replace", value) for value in (text, old, new))
    return text.replace(old, new) if old else text


def _uri(base: str, relative: str) -> str:
    base = text_argument("uri", base)
    return urljoin(f"{base}/" if not urlsplit(base).path else base, text_argument("uri", relative))


FUNCTIONS = table(
    _on_text("toLower", str.lower),
    _on_text("toUpper", str.upper),
    _on_text("trim", str.strip),
    _on_text("base64", lambda text: base64.b64encode(text.encode()).decode()),
    _on_text("base64ToString", lambda text: base64.b64decode(text).decode()),
    _on_text("uriComponent", lambda text: quote(text, safe="-_.~!*'()")),
    _on_text("uriComponentToString", unquote),
    Function("string", as_text, 1, 1),
    Function("format", format_text, 1),
    Function("split", split, 2, 2),
    Function("join", join, 2, 2),
    Function("substring", substring, 2, 3),
    Function("replace", _replace, 3, 3),
    Function("startsWith", starts_with, 2, 2),
    Function("endsWith", ends_with, 2, 2),
    Function("padLeft", pad_left, 2, 3),
    Function("uri", _uri, 2, 2),
)
