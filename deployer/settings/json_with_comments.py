"""Reads JSON with comments and trailing commas, which people copy from documentation and keep in their files.

What JSON does not have is replaced by spaces before the parser of the standard library reads the text: its
errors then have the line and column of the file. The libraries that were looked at lose one or the other:
json-with-comments counts without what it removed, json5 takes no `#` and accepts a language of its own.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_STRING = r'"(?:\\.|[^"\\\n])*"'
_STRING_OR_COMMENT = re.compile(rf"{_STRING}|//[^\n]*|#[^\n]*|/\*.*?\*/", re.DOTALL)
_STRING_OR_TRAILING_COMMA = re.compile(rf"{_STRING}|,(?=\s*[}}\]])", re.DOTALL)


def loads(text: str, object_pairs_hook: Callable[[list[tuple[str, Any]]], Any]) -> Any:
    """Return the value of a document; see `json.loads`.

    Raises:
        json.JSONDecodeError: it is not JSON apart from comments (`//`, `#`, `/* */`) and trailing commas.

    """
    for removed in (_STRING_OR_COMMENT, _STRING_OR_TRAILING_COMMA):
        text = removed.sub(_spaces, text)
    try:
        return json.loads(text, object_pairs_hook=object_pairs_hook)
    except RecursionError:
        raise json.JSONDecodeError("nested too deeply", text, 0) from None


def _spaces(match: re.Match[str]) -> str:
    """Keep a string; replace everything but line breaks of a comment or comma by spaces."""
    return match[0] if match[0].startswith('"') else re.sub(r"[^\n]", " ", match[0])
