"""Decides whether a resource already is as wanted, so that a second run changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def contains(live: Any, wanted: Any, *, ignore_case: bool = False, ignore_order: bool = False) -> bool:
    """Return whether everything in `wanted` is in `live`, which may hold more.

    Services add fields of their own and leave out empty ones: an empty wanted value matches a missing one.

    Args:
        live: the resource as the service returns it.
        wanted: the part of it that matters.
        ignore_case: whether text may differ in case; Azure returns ids and tiers in a case of its own.
        ignore_order: whether lists may differ in order.

    """
    if wanted in ({}, [], None):
        return not live
    if isinstance(wanted, dict):
        return bool(live) and all(
            contains(live.get(key), value, ignore_case=ignore_case, ignore_order=ignore_order)
            for key, value in wanted.items()
        )
    if isinstance(wanted, list):
        pairs = zip(*(sorted(each) if ignore_order else each for each in (live or (), wanted)), strict=False)
        return len(live or ()) == len(wanted) and all(
            contains(left, right, ignore_case=ignore_case, ignore_order=ignore_order) for left, right in pairs
        )
    if ignore_case and isinstance(live, str) and isinstance(wanted, str):
        return live.casefold() == wanted.casefold()
    return bool(live == wanted)


def merged_tags(found: Mapping[str, str] | None, wanted: Mapping[str, str]) -> dict[str, str]:
    """Return wanted tags laid over those of a resource, of which others may have set some.

    To Azure, the names of tags are the same in any case, and it keeps the case that they had; their values
    differ by case ("Use tags to organize your Azure resources").
    """
    merged = dict(found or {})
    known = {name.casefold(): name for name in merged}
    merged.update({known.get(name.casefold(), name): value for name, value in wanted.items()})
    return merged
