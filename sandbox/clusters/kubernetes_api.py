"""A client of the Kubernetes API for the controllers and readers: get, list, watch, create and patch."""

from __future__ import annotations

import asyncio
import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

Object = dict[str, Any]
# Objects by uid.
Snapshot = dict[str, Object]

# Statuses of a kind that is not defined yet, or whose storage or server is not ready.
NOT_SERVED = {
    HTTPStatus.NOT_FOUND,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.SERVICE_UNAVAILABLE,
}
WATCH_SECONDS = 300
RETRY_SECONDS = 0.5
MERGE_PATCH = {"Content-Type": "application/merge-patch+json"}


async def get(api: httpx.AsyncClient, path: str) -> Object | None:
    """Return the object at a path, None if there is none."""
    answer = await api.get(path)
    if answer.status_code == HTTPStatus.NOT_FOUND:
        return None
    return dict(answer.raise_for_status().json())


async def list_objects(api: httpx.AsyncClient, path: str, labels: str = "", fields: str = "") -> list[Object]:
    """Return the objects of a collection that match a label selector and a field selector."""
    selectors = {"labelSelector": labels, "fieldSelector": fields}
    answer = await api.get(path, params={name: value for name, value in selectors.items() if value})
    return list(answer.raise_for_status().json()["items"])


async def watch(api: httpx.AsyncClient, path: str) -> AsyncIterator[Snapshot]:
    """Yield all objects of a collection, now and after each change, for as long as the API lives.

    A watch that ends, or whose resource version has expired, is started again; that of a kind which the API
    does not serve yet waits until it does.
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
    """Create an object; an existing one stays as it is."""
    answer = await api.post(path, json=body)
    if answer.status_code != HTTPStatus.CONFLICT:
        answer.raise_for_status()


async def patch(api: httpx.AsyncClient, path: str, body: Object) -> None:
    """Merge a change into an object, if it still exists."""
    answer = await api.patch(path, content=json.dumps(body), headers=MERGE_PATCH)
    if answer.status_code != HTTPStatus.NOT_FOUND:
        answer.raise_for_status()


def label_of(item: Object, key: str) -> str | None:
    """Return a label of an object, None if it is not set."""
    return (item["metadata"].get("labels") or {}).get(key)


def annotation_of(item: Object, key: str) -> str | None:
    """Return an annotation of an object, None if it is not set."""
    return (item["metadata"].get("annotations") or {}).get(key)
