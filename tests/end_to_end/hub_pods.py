"""The pods of sessions and builds, as JupyterHub and BinderHub make them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx

USER_NODES = {"hub.jupyter.org/node-purpose": "user"}
PATIENCE_SECONDS = 120


def session(hub: str) -> dict[str, Any]:
    """Return the pod of a session of a hub, as JupyterHub makes it as far as its place matters."""
    requested = {"requests": {"cpu": "50m", "memory": "512Mi"}}
    return {
        "metadata": {"name": "jupyter-ada", "labels": {"component": "singleuser-server"}},
        "spec": {
            "schedulerName": f"{hub}-user-scheduler",
            "nodeSelector": USER_NODES,
            "tolerations": [{"key": "hub.jupyter.org_dedicated", "operator": "Equal", "value": "user"}],
            "containers": [{"name": "notebook", "image": "image", "resources": requested}],
        },
    }


def phases(api: httpx.Client, pods: str, labels: str) -> list[str]:
    """Return the phases of the pods with these labels."""
    listed = api.get(pods, params={"labelSelector": labels}).raise_for_status().json()
    return [pod["status"].get("phase", "") for pod in listed["items"]]


def await_running(api: httpx.Client, pods: str, labels: str) -> None:
    """Wait until there are pods with these labels, and all of them run."""
    ends = time.monotonic() + PATIENCE_SECONDS
    while set(phases(api, pods, labels)) != {"Running"}:
        assert time.monotonic() < ends
        time.sleep(0.2)


def build(hub: str, name: str) -> dict[str, Any]:
    """Return the pod of a build, as BinderHub makes it as far as its log matters."""
    metadata = {
        "name": f"build-{name}",
        "labels": {"component": "binderhub-build"},
        "annotations": {"binder-repo": f"https://example.org/{name}"},
    }
    return session(hub) | {"metadata": metadata}
