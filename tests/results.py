"""Judges the results of commands by their published schema, as programs that read them may do."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

PUBLISHED = Path(__file__).resolve().parents[1] / "docs" / "results.schema.json"


@cache
def results_schema() -> dict[str, Any]:
    """Return the schema of all results."""
    return dict(json.loads(PUBLISHED.read_text(encoding="utf-8")))


def refused(command: str, result: Any) -> list[str]:
    """Return what the schema refuses in the result of a command: each place, and what is wrong there."""
    schema = {**results_schema(), "$ref": f"#/$defs/{command}"}
    return [
        f"{error.json_path}: {error.message}" for error in Draft202012Validator(schema).iter_errors(result)
    ]
