"""Reads events: what the controllers of a cluster report about objects, and how often."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from deployer.kubernetes.objects import list_objects

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from kr8s.asyncio import Api

WARNING = "Warning"


@dataclass(frozen=True)
class ClusterEvent:
    """An event about one object.

    Attributes:
        kind: of the object.
        name: of the object.
        reason: in one word, for example FailedScheduling.
        message: of the event.
        is_warning: whether it reports a problem.
        uid: of the event.
        sign: changes when the event occurs again.

    """

    kind: str
    name: str
    reason: str
    message: str
    is_warning: bool
    uid: str
    sign: str


async def list_events(api: Api, namespace: str, field_selector: str | None = None) -> list[ClusterEvent]:
    """Return the events of a namespace, the newest last."""
    found = await list_objects(api, "v1", "Event", namespace, field_selector)
    return [_event(event) for event in sorted(found, key=_last_seen)]


async def warnings_about(api: Api, namespace: str, kind: str, name: str) -> list[ClusterEvent]:
    """Return the warning events about one object, the newest last."""
    selector = f"involvedObject.kind={kind},involvedObject.name={name},type={WARNING}"
    return await list_events(api, namespace, selector)


class EventHistory:
    """Tells new events from those that an earlier run left, which stay for an hour.

    Args:
        events: those that there were.

    """

    def __init__(self, events: Iterable[ClusterEvent]) -> None:
        self._signs = {event.uid: event.sign for event in events}

    def since(self, events: Iterable[ClusterEvent]) -> list[ClusterEvent]:
        """Return the events that are new or have occurred again."""
        return [event for event in events if self._signs.get(event.uid) != event.sign]


def _event(event: Mapping[str, Any]) -> ClusterEvent:
    involved = event["involvedObject"]
    return ClusterEvent(
        kind=involved.get("kind", ""),
        name=involved.get("name", ""),
        reason=event.get("reason", ""),
        message=event.get("message", ""),
        is_warning=event.get("type") == WARNING,
        uid=event["metadata"]["uid"],
        sign=f"{_last_seen(event)}/{event.get('count')}",
    )


def _last_seen(event: Mapping[str, Any]) -> str:
    series = event.get("series") or {}
    times = (series.get("lastObservedTime"), event.get("lastTimestamp"), event.get("eventTime"))
    return str(next((time for time in times if time), event["metadata"]["creationTimestamp"]))
