"""How a validator says no: a rule and a remedy, for people; pydantic carries both to where they are told."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from pydantic_core import PydanticCustomError

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True)
class Breach:
    """A setting that breaks a rule.

    Attributes:
        field: the setting to blame.
        rule: what is wrong with it, a sentence without its subject.
        remedy: what to write instead, a sentence.

    """

    field: str
    rule: str
    remedy: str


BREACH = "setting"
"""Type of our own errors among pydantic's."""


def refusal(rule: str, remedy: str) -> PydanticCustomError:
    """Return the error of a wrong value.

    Args:
        rule: what is wrong, a sentence without its subject: "must be a whole number."
        remedy: what to write instead, a sentence. Neither may repeat a secret.

    """
    return PydanticCustomError(BREACH, "{rule} {remedy}", {"rule": rule, "remedy": remedy})


def close_to(given: str, known: Iterable[str]) -> str:
    """Return "Did you mean x or y?", or nothing when `given` is like none of `known`."""
    likely = get_close_matches(given, list(known), n=3, cutoff=0.6)
    return f"Did you mean {either(likely)}?" if likely else ""


def either(choices: Iterable[str]) -> str:
    """Return `choices` as people list them: "a", "a or b", "a, b or c"."""
    *first, last = choices
    return f"{', '.join(first)} or {last}" if first else last
