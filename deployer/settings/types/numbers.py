"""Types of settings that are numbers, amounts or booleans: counts, memory, CPU, durations."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

from deployer.settings.types.validation import refusal

if TYPE_CHECKING:
    from collections.abc import Callable

_BOOLEANS = {
    "true": True,
    "yes": True,
    "on": True,
    "1": True,
    "false": False,
    "no": False,
    "off": False,
    "0": False,
}
_MEMORY = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT])(?:i?B?)", re.IGNORECASE)
_CPU = re.compile(r"\d+(?:\.\d+)?m?")
_BANDWIDTH = re.compile(r"(\d+(?:\.\d+)?)\s*([kKMG])(?:bit(?:/?s)?|bps)?")
_DURATION_PART = re.compile(r"(\d+)\s*([a-z]*)\s*")
_SECONDS = {
    unit: seconds
    for units, seconds in {
        ("", "s", "sec", "secs", "second", "seconds"): 1,
        ("m", "min", "mins", "minute", "minutes"): 60,
        ("h", "hr", "hrs", "hour", "hours"): 3600,
        ("d", "day", "days"): 86400,
    }.items()
    for unit in units
}
_KIB = {"K": 1, "M": 1024, "G": 1024**2, "T": 1024**3}
NO_LIMIT = "none"
LEAST_SECONDS = 60
MOST_SECONDS = 30 * 86400
# The least that a Jupyter server starts with, and the most that a node has.
LEAST_CPUS = 0.05
LEAST_MEMORY = "128M"
MOST_CPUS = 128


def boolean(value: Any) -> bool:
    """Accept true, false and their usual synonyms, in any case."""
    if isinstance(value, bool):
        return value
    known = _BOOLEANS.get(str(value).strip().lower())
    if known is None:
        raise refusal("must be true or false.", "Write true or false.")
    return known


def boolean_or_auto(value: Any) -> bool | None:
    """Accept a boolean, or `auto` for None."""
    if str(value).strip().lower() == "auto":
        return None
    try:
        return boolean(value)
    except PydanticCustomError:
        raise refusal("must be auto, true or false.", "Write auto, true or false.") from None


def whole_number(least: int, most: int) -> Callable[[Any], int]:
    """Return a validator for whole numbers from `least` to `most`."""

    def counted(value: Any) -> int:
        text = str(value).strip()
        number = (
            int(text)
            if re.fullmatch(r"[+-]?\d{1,9}", text, re.ASCII) and not isinstance(value, bool)
            else None
        )
        if number is None or not least <= number <= most:
            raise refusal(f"must be a whole number from {least} to {most}.", f"Write one like {least}.")
        return number

    return counted


def memory(least: str, needed_by: str) -> Callable[[Any], str]:
    """Return a validator for amounts of memory or disk, which are returned as JupyterHub takes them.

    JupyterHub writes a number and K, M, G or T. Its units are powers of 1024, so that Kubernetes' `2Gi` is
    its `2G`.

    Args:
        least: smallest amount.
        needed_by: what needs it, for the message.

    """

    def amount(value: Any) -> str:
        match = _MEMORY.fullmatch(str(value).strip())
        if not match:
            raise refusal(
                "is not an amount of memory or disk.", "Write a number with its unit, like 2G or 512M."
            )
        if _kib(match) < _kib(_MEMORY.fullmatch(least)):
            raise refusal(f"is less than {needed_by} needs.", f"Write {least} or more.")
        return f"{Decimal(match[1])}{match[2].upper()}"

    return amount


def _kib(amount: re.Match[str] | None) -> Decimal:
    return Decimal(amount[1]) * _KIB[amount[2].upper()] if amount else Decimal(0)


def cpus(least: float) -> Callable[[Any], float]:
    """Return a validator for numbers of CPUs from `least` on, fractions and Kubernetes' `500m` too."""

    def number_of(value: Any) -> float:
        text = "" if isinstance(value, bool) else str(value).strip()
        if not _CPU.fullmatch(text):
            raise refusal("is not a number of CPUs.", "Write one like 1, 0.5 or 500m.")
        number = float(text.removesuffix("m")) / (1000 if text.endswith("m") else 1)
        if not least <= number <= MOST_CPUS:
            raise refusal(
                f"must be from {least} to {MOST_CPUS} CPUs.", f"Write one like 1 or {max(least, 0.5)}."
            )
        return number

    return number_of


def bandwidth(value: Any) -> str:
    """Accept bits per second with their unit, or `none`, and return them as Kubernetes takes them: `50M`."""
    text = str(value).strip()
    if text.lower() == NO_LIMIT:
        return NO_LIMIT
    match = _BANDWIDTH.fullmatch(text)
    if not match:
        raise refusal(
            "is not a number of bits per second.", "Write one with its unit, like 50M, or none for no limit."
        )
    return f"{Decimal(match[1])}{match[2].replace('K', 'k')}"


def duration(value: Any) -> int:
    """Accept a duration and return seconds: `600`, `10 min`, `1h30m`, `6 h`, `PT10M`."""
    text = re.sub(r"^p(\d+d)?t?", r"\1", str(value).strip().lower())
    parts = _DURATION_PART.findall(text)
    known = all(unit in _SECONDS for _, unit in parts) and (len(parts) == 1 or all(unit for _, unit in parts))
    if (
        isinstance(value, bool)
        or not parts
        or not known
        or not re.fullmatch(rf"({_DURATION_PART.pattern})+", text)
    ):
        raise refusal("is not a duration.", "Write seconds, or a number with its unit, like 10 min or 6 h.")
    seconds = sum(int(number) * _SECONDS[unit] for number, unit in parts)
    if not LEAST_SECONDS <= seconds <= MOST_SECONDS:
        raise refusal("must be from one minute to 30 days.", "Write one like 10 min or 6 h.")
    return seconds


Boolean = Annotated[bool, BeforeValidator(boolean)]
BooleanOrAuto = Annotated[bool | None, BeforeValidator(boolean_or_auto)]
# A pool for sessions can have no node at all while nobody is there, but not at most.
LeastNodeCount = Annotated[int, BeforeValidator(whole_number(0, 1000))]
NodeCount = Annotated[int, BeforeValidator(whole_number(1, 1000))]
# 0: for ever.
RetentionDays = Annotated[int, BeforeValidator(whole_number(0, 3650))]
Quota = Annotated[int, BeforeValidator(whole_number(1, 100_000))]
Memory = Annotated[str, BeforeValidator(memory(LEAST_MEMORY, "a Jupyter server"))]
BuildMemory = Annotated[str, BeforeValidator(memory("1G", "a build"))]
Cpus = Annotated[float, BeforeValidator(cpus(LEAST_CPUS))]
# The builder reserves 0.2 CPUs.
BuildCpus = Annotated[float, BeforeValidator(cpus(0.25))]
Bandwidth = Annotated[str, BeforeValidator(bandwidth)]
Duration = Annotated[int, BeforeValidator(duration)]
