"""Writes the ConfigMaps that a pod mounts into folders of this machine, as a kubelet would into the pod."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.clusters.kubernetes_api import watch

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Mapping
    from pathlib import Path

    import httpx

    from sandbox.clusters.kubernetes_api import Object


def mounted_config_maps(pod: Object) -> dict[str, str]:
    """Return the ConfigMaps that the first container of a pod mounts, by the path in the container."""
    volumes = {
        volume["name"]: str(volume["configMap"]["name"])
        for volume in pod["spec"].get("volumes") or ()
        if "configMap" in volume
    }
    mounts = pod["spec"]["containers"][0].get("volumeMounts") or ()
    return {mount["mountPath"]: volumes[mount["name"]] for mount in mounts if mount["name"] in volumes}


async def write_config_maps(
    api: httpx.AsyncClient, namespace: str, folders: Mapping[str, Path], written: asyncio.Event
) -> None:
    """Write ConfigMaps into folders, now and after each change.

    Args:
        api: client of the cluster's API.
        namespace: of the ConfigMaps.
        folders: by the name of the ConfigMap.
        written: set once they have been written.

    """
    for folder in folders.values():
        folder.mkdir(parents=True, exist_ok=True)
    async for found in watch(api, f"/api/v1/namespaces/{namespace}/configmaps"):
        for config_map in found.values():
            name = config_map["metadata"]["name"]
            if name in folders:
                _write(folders[name], config_map.get("data") or {})
        written.set()


def _write(folder: Path, data: Mapping[str, str]) -> None:
    """Write what differs: programs read a file again whenever it is written."""
    for name, text in data.items():
        file = folder / name
        if not file.is_file() or file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8")
    for file in folder.iterdir():
        if file.name not in data:
            file.unlink()
