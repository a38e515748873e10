"""What the controllers need of the Kubernetes API: snapshots that follow a watch, creating, patching."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

Object = dict[str, Any]
Snapshot = dict[str, Object]

CREATED, CONFLICT, GONE = 201, 409, 410
# Not defined; its storage being made ready; the server starting.
NOT_SERVED = {404, 429, 500, 503}
WATCH_SECONDS = 300
RETRY_SECONDS = 0.5
MERGE_PATCH = {"Content-Type": "application/merge-patch+json"}


async def watch(api: httpx.AsyncClient, path: str) -> AsyncIterator[Snapshot]:
    """Yield all objects of a collection, by uid, now and after each change, for as long as the API lives.

    A watch that ends, or that the API server has lost track of, begins anew; one of a kind that the API does
    not know, or not serve yet, waits until it does.
    """
    while True:
        try:
            async for snapshot in _watch_once(api, path):
                yield snapshot
        except httpx.TransportError:
            await asyncio.sleep(RETRY_SECONDS)
        except httpx.HTTPStatusError as error:
            if error.response.status_code not in NOT_SERVED:
                raise
            await asyncio.sleep(RETRY_SECONDS)


async def _watch_once(api: httpx.AsyncClient, path: str) -> AsyncIterator[Snapshot]:
    listed = (await api.get(path)).raise_for_status().json()
    objects = {item["metadata"]["uid"]: item for item in listed["items"]}
    yield objects
    parameters: dict[str, str | int] = {
        "watch": "1",
        "resourceVersion": listed["metadata"]["resourceVersion"],
        "timeoutSeconds": WATCH_SECONDS,
    }
    async with api.stream("GET", path, params=parameters, timeout=None) as stream:
        async for line in stream.aiter_lines():
            event = json.loads(line)
            if event["type"] == "ERROR":
                return
            uid = event["object"]["metadata"]["uid"]
            if event["type"] == "DELETED":
                objects.pop(uid, None)
            else:
                objects[uid] = event["object"]
            yield objects


async def create(api: httpx.AsyncClient, path: str, body: Object) -> None:
    """Create an object; one that is there already is left as it is."""
    answer = await api.post(path, json=body)
    if answer.status_code != CONFLICT:
        answer.raise_for_status()


async def patch(api: httpx.AsyncClient, path: str, body: Object) -> None:
    """Merge a change into an object; one that has gone meanwhile needs none."""
    answer = await api.patch(path, content=json.dumps(body), headers=MERGE_PATCH)
    if answer.status_code != httpx.codes.NOT_FOUND:
        answer.raise_for_status()


def labelled(item: Object, key: str) -> str | None:
    """Return an object's label."""
    return (item["metadata"].get("labels") or {}).get(key)


def annotated(item: Object, key: str) -> str | None:
    """Return an object's annotation."""
    return (item["metadata"].get("annotations") or {}).get(key)
