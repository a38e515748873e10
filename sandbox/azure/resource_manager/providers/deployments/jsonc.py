"""JSON with comments, as azure-cli sends templates.

azure-cli copies the text of the template file into the request, with comments, trailing commas and line
breaks in strings, under a name without quotes (`, template:{…`). Resource Manager accepts all four.
"""

from __future__ import annotations

import json
import re
from typing import Any

_STRING_OR_COMMENT = re.compile(r'"(?:\\.|[^"\\])*"|//[^\n]*|/\*.*?\*/', re.DOTALL)
_STRING_OR_TRAILING_COMMA = re.compile(r'"(?:\\.|[^"\\])*"|,(?=\s*[}\]])', re.DOTALL)
_STRING_OR_BARE_NAME = re.compile(r'"(?:\\.|[^"\\])*"|(?<=[{,])(\s*)([A-Za-z_]\w*)(?=\s*:)', re.DOTALL)


def loads(text: str) -> Any:
    """Parse JSON that may have comments, trailing commas, bare names and line breaks in strings.

    Raises:
        json.JSONDecodeError: it is invalid nevertheless.

    """
    bare = _STRING_OR_COMMENT.sub(_strings_only, text)
    bare = _STRING_OR_TRAILING_COMMA.sub(_strings_only, bare)
    return json.loads(_STRING_OR_BARE_NAME.sub(_quoted, bare), strict=False)


def _quoted(match: re.Match[str]) -> str:
    return match[0] if match[2] is None else f'{match[1]}"{match[2]}"'


def _strings_only(match: re.Match[str]) -> str:
    return match[0] if match[0].startswith('"') else " "
