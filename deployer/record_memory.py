"""Remembers, on the hub's namespace, which DNS record sets this hub made.

A later run whose settings no longer name the zone could not find them otherwise. What is about to be made is
written down first: a run that is killed in between leaves nothing that nobody knows of.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from deployer.objects import ObjectName, find_object, patch_object

if TYPE_CHECKING:
    from collections.abc import Collection

    from kr8s.asyncio import Api

ANNOTATION = "binderhub-deployer/dns-records"


async def remembered_records(api: Api, namespace: str) -> tuple[str, ...]:
    """Return the ids of the record sets."""
    found = await find_object(api, _name(namespace)) or {}
    text = (found.get("metadata", {}).get("annotations") or {}).get(ANNOTATION)
    return tuple(json.loads(text)) if text else ()


async def remember_records(api: Api, namespace: str, records: Collection[str]) -> None:
    """Write the ids down in the place of those before; none at all leaves no trace."""
    if tuple(records) == await remembered_records(api, namespace):
        return
    text = json.dumps(list(records)) if records else None
    await patch_object(api, _name(namespace), {"metadata": {"annotations": {ANNOTATION: text}}})


def _name(namespace: str) -> ObjectName:
    return ObjectName("v1", "Namespace", namespace)
