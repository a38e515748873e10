"""Runs the user scheduler of JupyterHub: without it, pods that name it would stay pending."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import yaml

from sandbox.clusters.kubernetes_api import Object, label_of, watch
from sandbox.processes import kill

if TYPE_CHECKING:
    import asyncio

    import httpx

    from sandbox.clusters.control_plane import ControlPlane

COMPONENT = "user-scheduler"
CONFIGURATION = "config.yaml"


async def run_user_schedulers(api: httpx.AsyncClient, control_plane: ControlPlane) -> None:
    """Run a scheduler for each available Deployment of a user scheduler, while it is available."""
    running: dict[str, asyncio.subprocess.Process] = {}
    async for deployments in watch(api, "/apis/apps/v1/deployments"):
        available = {
            uid: deployment
            for uid, deployment in deployments.items()
            if label_of(deployment, "component") == COMPONENT
            and deployment.get("status", {}).get("availableReplicas")
        }
        for uid in [uid for uid in running if uid not in available]:
            with suppress(ProcessLookupError):
                await kill(running.pop(uid))
        for uid in [uid for uid in available if uid not in running]:
            running[uid] = await _start(api, control_plane, available[uid])


async def _start(
    api: httpx.AsyncClient, control_plane: ControlPlane, deployment: Object
) -> asyncio.subprocess.Process:
    """Start a scheduler with the configuration that the Deployment mounts."""
    namespace = deployment["metadata"]["namespace"]
    name = _config_map(deployment)
    found = (await api.get(f"/api/v1/namespaces/{namespace}/configmaps/{name}")).raise_for_status().json()
    configuration = yaml.safe_load(found["data"][CONFIGURATION])
    kubeconfig = control_plane.credentials.write_kubeconfig(
        f"user-scheduler-{namespace}", "system:masters", control_plane.server
    )
    configuration["leaderElection"] = {"leaderElect": False}
    configuration["clientConnection"] = {"kubeconfig": str(kubeconfig)}
    path = control_plane.folder / f"user-scheduler-{namespace}.yaml"
    path.write_text(yaml.safe_dump(configuration), encoding="utf-8")
    return await control_plane.run(control_plane.programs.scheduler, f"--config={path}", "--secure-port=0")


def _config_map(deployment: Object) -> str:
    volumes = deployment["spec"]["template"]["spec"].get("volumes") or []
    return next((str(volume["configMap"]["name"]) for volume in volumes if "configMap" in volume), COMPONENT)
