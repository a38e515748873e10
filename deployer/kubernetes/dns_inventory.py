"""Lists, in an annotation of the hub's namespace, the DNS record sets that this hub created.

A later run whose settings no longer name the zone could not find them otherwise.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from deployer.kubernetes.objects import ObjectName, find_object, patch_object

if TYPE_CHECKING:
    from collections.abc import Collection

    from kr8s.asyncio import Api

ANNOTATION = "binderhub-deployer/dns-records"


async def read_inventory(api: Api, namespace: str) -> tuple[str, ...]:
    """Return the ids of the record sets."""
    found = await find_object(api, _name(namespace)) or {}
    text = (found.get("metadata", {}).get("annotations") or {}).get(ANNOTATION)
    return tuple(json.loads(text)) if text else ()


async def write_inventory(api: Api, namespace: str, records: Collection[str]) -> None:
    """Replace the ids; an empty inventory leaves no annotation."""
    if tuple(records) == await read_inventory(api, namespace):
        return
    text = json.dumps(list(records)) if records else None
    await patch_object(api, _name(namespace), {"metadata": {"annotations": {ANNOTATION: text}}})


def _name(namespace: str) -> ObjectName:
    return ObjectName("v1", "Namespace", namespace)
