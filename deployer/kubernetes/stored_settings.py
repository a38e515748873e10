"""Keeps the settings of the last successful deployment in the cluster, secrets included.

So a later upgrade needs no more than the name of the hub, whoever starts it and wherever the records are. The
Secret is in a namespace that no pod of the hub can read; the release's own Secrets hold the same passwords.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING, Any

from deployer.kubernetes.objects import ObjectName, ensure_object, find_object
from deployer.names import OWN_LABEL
from deployer.settings.loading import without_derived

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kr8s.asyncio import Api

SECRET = ObjectName("v1", "Secret", "binderhub-deployer-settings", "default")
KEY = "settings.json"
# Earlier releases kept values that follow from other settings, too, and left this annotation out.
AS_CHOSEN = {"binderhub-deployer/settings": "as-chosen"}


async def store_settings(api: Api, settings: Mapping[str, Any]) -> bool:
    """Replace the settings; return whether that changed anything."""
    content = b64encode(json.dumps(settings, sort_keys=True).encode()).decode()
    return await ensure_object(
        api,
        {
            "apiVersion": SECRET.version,
            "kind": SECRET.kind,
            "metadata": {
                "name": SECRET.name,
                "namespace": SECRET.namespace,
                "labels": dict(OWN_LABEL),
                "annotations": dict(AS_CHOSEN),
            },
            "data": {KEY: content},
        },
    )


async def read_stored_settings(api: Api) -> dict[str, Any] | None:
    """Return the settings that were chosen, None where no deployment has succeeded yet."""
    found = await find_object(api, SECRET) or {}
    content = (found.get("data") or {}).get(KEY)
    if not content:
        return None
    settings = dict(json.loads(b64decode(content)))
    as_chosen = AS_CHOSEN.items() <= (found["metadata"].get("annotations") or {}).items()
    return settings if as_chosen else without_derived(settings)
