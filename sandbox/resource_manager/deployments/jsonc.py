"""JSON with comments, as azure-cli sends templates.

azure-cli puts the template's text into the request as it stands in the file, comments, trailing commas and
line breaks in strings included; Resource Manager's reader takes all three.
"""

from __future__ import annotations

import json
import re
from typing import Any

_STRING_OR_COMMENT = re.compile(r'"(?:\\.|[^"\\])*"|//[^\n]*|/\*.*?\*/', re.DOTALL)
_STRING_OR_TRAILING_COMMA = re.compile(r'"(?:\\.|[^"\\])*"|,(?=\s*[}\]])', re.DOTALL)


def loads(text: str) -> Any:
    """Read JSON that may hold comments, trailing commas and line breaks in strings.

    Raises:
        json.JSONDecodeError: it is not even that.

    """
    bare = _STRING_OR_COMMENT.sub(_strings_only, text)
    return json.loads(_STRING_OR_TRAILING_COMMA.sub(_strings_only, bare), strict=False)


def _strings_only(match: re.Match[str]) -> str:
    return match[0] if match[0].startswith('"') else " "
