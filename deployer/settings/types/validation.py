"""Describes invalid values by a rule and a remedy for people, which pydantic passes on to `loading`."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from pydantic_core import PydanticCustomError

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True)
class Violation:
    """A setting that violates a rule.

    Attributes:
        field: name of the setting.
        rule: what is wrong with it, a sentence without its subject.
        remedy: what to write instead, a sentence.

    """

    field: str
    rule: str
    remedy: str


VIOLATION = "setting"
"""The type of these errors among those of pydantic."""


def refusal(rule: str, remedy: str) -> PydanticCustomError:
    """Return the error for an invalid value.

    Args:
        rule: what is wrong, a sentence without its subject: "must be a whole number."
        remedy: what to write instead, a sentence. Neither may quote a secret.

    """
    return PydanticCustomError(VIOLATION, "{rule} {remedy}", {"rule": rule, "remedy": remedy})


def close_to(given: str, known: Iterable[str]) -> str:
    """Return "Did you mean x or y?", or nothing when `given` is like none of `known`."""
    likely = get_close_matches(given, list(known), n=3, cutoff=0.6)
    return f"Did you mean {either(likely)}?" if likely else ""


def either(choices: Iterable[str]) -> str:
    """Return `choices` as a phrase: "a", "a or b", "a, b or c"."""
    *first, last = choices
    return f"{', '.join(first)} or {last}" if first else last
