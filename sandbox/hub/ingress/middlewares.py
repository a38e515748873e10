"""Traefik's middlewares, as far as hubs use them: headers of responses, from the files of its file provider.

See https://doc.traefik.io/traefik/reference/routing-configuration/http/middlewares/headers/.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from sandbox.hub.cluster_reader import ClusterReader

if TYPE_CHECKING:
    from sandbox.hub.addresses import Backend
    from sandbox.hub.ingress.options import EntryPoint

    Middlewares = dict[str, dict[str, Any]]

HSTS = "Strict-Transport-Security"


async def middlewares_of(service: Backend, directory: str) -> Middlewares:
    """Return the middlewares in the files of a directory, by the names that entry points use.

    Args:
        service: Traefik's Service, whose pods mount a ConfigMap there.
        directory: empty for none.

    """
    pod = await service.pod() if directory else None
    if pod is None:
        return {}
    mounts = pod["spec"]["containers"][0].get("volumeMounts") or ()
    mounted = {mount["name"] for mount in mounts if mount["mountPath"] == directory}
    found: Middlewares = {}
    for volume in pod["spec"].get("volumes") or ():
        if volume["name"] in mounted and "configMap" in volume:
            files = await ClusterReader(service.api).config_map(
                service.namespace, volume["configMap"]["name"]
            )
            for text in files.values():
                declared = ((yaml.safe_load(text) or {}).get("http") or {}).get("middlewares") or {}
                found |= {f"{name}@file": middleware for name, middleware in declared.items()}
    return found


def added_headers(entry_point: EntryPoint, middlewares: Middlewares, *, tls: bool) -> dict[str, str] | None:
    """Return the headers that an entry point adds to responses.

    None if it names a middleware that there is not: then Traefik has no route there at all.
    """
    headers: dict[str, str] = {}
    for name in entry_point.middlewares:
        if name not in middlewares:
            return None
        seconds = middlewares[name].get("headers", {}).get("stsSeconds")
        if seconds and tls:
            headers[HSTS] = f"max-age={seconds}"
    return headers
