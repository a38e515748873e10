"""Judges the record of a run by its published schema, as its readers may do."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator

if TYPE_CHECKING:
    from collections.abc import Mapping

PUBLISHED = Path(__file__).resolve().parents[1] / "docs" / "deployment.schema.json"


@cache
def record_schema() -> dict[str, Any]:
    """Return the schema of `deployment.json`."""
    return dict(json.loads(PUBLISHED.read_text(encoding="utf-8")))


def violations(record: Mapping[str, Any]) -> list[str]:
    """Return what the schema refuses in a record: each place, and what is wrong there."""
    errors = Draft202012Validator(record_schema()).iter_errors(record)
    return [f"{error.json_path}: {error.message}" for error in errors]
