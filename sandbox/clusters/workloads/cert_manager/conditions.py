"""Conditions in a status: what an object says of itself, and since when."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.clusters.kubernetes_api import Object


def now() -> str:
    """Return the time as Kubernetes writes it, to the second."""
    return timestamp(datetime.now(UTC))


def timestamp(time: datetime) -> str:
    """Return a time as Kubernetes writes it."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse(text: str) -> datetime:
    """Read a time as Kubernetes writes it."""
    return datetime.fromisoformat(text)


def condition(status: Object, kind: str) -> Object | None:
    """Return the condition of a type, None where there is none."""
    found: list[Object] = status.get("conditions") or []
    return next((one for one in found if one["type"] == kind), None)


def is_true(item: Object, kind: str) -> bool:
    """Whether an object has a condition that holds."""
    found = condition(item.get("status") or {}, kind)
    return found is not None and found["status"] == "True"


def reason(item: Object, kind: str) -> str:
    """Return the reason of an object's condition, empty where there is none."""
    return str((condition(item.get("status") or {}, kind) or {}).get("reason", ""))


def with_condition(  # noqa: PLR0913 - what a condition is made of
    status: Object, kind: str, *, holds: bool, reason: str, message: str, generation: int | None = None
) -> Object:
    """Return a status with a condition; its time is that of the last change of whether it holds."""
    value = "True" if holds else "False"
    before = condition(status, kind)
    since = before["lastTransitionTime"] if before and before["status"] == value else now()
    made: Object = {
        "type": kind,
        "status": value,
        "reason": reason,
        "message": message,
        "lastTransitionTime": since,
    }
    if generation is not None:
        made["observedGeneration"] = generation
    present: list[Object] = status.get("conditions") or []
    if before is None:
        return {**status, "conditions": [*present, made]}
    return {**status, "conditions": [made if one["type"] == kind else one for one in present]}


def without_condition(status: Object, kind: str) -> Object:
    """Return a status that lacks a condition."""
    present: list[Object] = status.get("conditions") or []
    return {**status, "conditions": [one for one in present if one["type"] != kind]}
