"""Configures JupyterHub from the values of a hub, as the script inside the chart of JupyterHub does.

The script reads many more keys; these are the ones that our values set, or whose defaults in the chart matter
to them. What is of the cluster (the proxy, addresses, the disk) belongs to the test.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from traitlets.config import Config

OF_JUPYTERHUB = {
    "allowNamedServers": "allow_named_servers",
    "namedServerLimitPerUser": "named_server_limit_per_user",
    "concurrentSpawnLimit": "concurrent_spawn_limit",
    "activeServerLimit": "active_server_limit",
    "templateVars": "template_vars",
}
OF_USER_PODS = {
    "startTimeout": "start_timeout",
    "extraPodConfig": "extra_pod_config",
    "nodeSelector": "node_selector",
    "extraAnnotations": "extra_annotations",
    "extraLabels": "extra_labels",
}
FOR_USERS = [{"key": "hub.jupyter.org/node-purpose", "operator": "In", "values": ["user"]}]


def configure(c: Config, path: str) -> None:
    """Configure JupyterHub.

    Args:
        c: its configuration.
        path: of a JSON file with `values` (those of the part jupyterhub, with the defaults of the chart),
            `release`, `namespace`, and the tokens of `services`.

    """
    given = json.loads(Path(path).read_text(encoding="utf-8"))
    values = given["values"]
    _configure_hub(c, values["hub"], given["services"])
    _configure_pages(c, values["hub"], Path(path).parent / "files")
    _configure_user_pods(c, values, given["release"])
    c.KubeSpawner.namespace = given["namespace"]
    for section, traits in values["hub"]["config"].items():
        c[section].update(traits)
    for _, code in sorted(values["hub"].get("extraConfig", {}).items()):
        exec(code, {"c": c})  # noqa: S102 - as the script in the chart does


def culler_command(values: dict[str, Any], url: str) -> list[str]:
    """Return the command of the idle culler, but for how long it waits."""
    cull = values["cull"]
    return [
        f"--url={url}/hub/api",
        *(["--cull-users"] if cull.get("users") else []),
        *(["--remove-named-servers"] if cull.get("removeNamedServers") else []),
    ]


def _configure_hub(c: Config, hub: dict[str, Any], tokens: dict[str, str]) -> None:
    c.JupyterHub.cleanup_servers = False
    c.JupyterHub.tornado_settings = {"slow_spawn_timeout": 0}
    for key, trait in OF_JUPYTERHUB.items():
        if hub.get(key) is not None:
            c.JupyterHub[trait] = hub[key]
    if hub.get("consecutiveFailureLimit") is not None:
        c.Spawner.consecutive_failure_limit = hub["consecutiveFailureLimit"]
    c.JupyterHub.services = [
        {"name": name, "api_token": tokens[name], **service} for name, service in hub["services"].items()
    ]
    c.JupyterHub.load_roles = [{"name": name, **role} for name, role in hub["loadRoles"].items()]


def _configure_pages(c: Config, hub: dict[str, Any], root: Path) -> None:
    """Write the files of the hub's pod, and let the hub find its templates among them."""
    for file in hub.get("extraFiles", {}).values():
        place = root / file["mountPath"].removeprefix("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(file["stringData"], encoding="utf-8")
    c.JupyterHub.template_paths = [
        str(root / each.removeprefix("/")) for each in hub.get("templatePaths", ())
    ]


def _configure_user_pods(c: Config, values: dict[str, Any], release: str) -> None:
    user, scheduling, pods = values["singleuser"], values["scheduling"], c.KubeSpawner
    c.JupyterHub.spawner_class = "tests.hub.spawner.BinderSpawner"
    for key, trait in OF_USER_PODS.items():
        if user.get(key) is not None:
            pods[trait] = user[key]
    for kind, trait in (("memory", "mem"), ("cpu", "cpu")):
        for bound in ("guarantee", "limit"):
            if user[kind].get(bound) is not None:
                pods[f"{trait}_{bound}"] = user[kind][bound]
    pods.common_labels = {"app": "jupyterhub", "release": release}
    pods.tolerations = [*scheduling["userPods"]["tolerations"], *user["extraTolerations"]]
    pods.pod_affinity_required = user["extraPodAffinity"].get("required", [])
    if scheduling["userPods"]["nodeAffinity"]["matchNodePurpose"] == "require":
        pods.node_affinity_required = [{"matchExpressions": FOR_USERS}]
    if scheduling["podPriority"]["enabled"]:
        pods.priority_class_name = f"{release}-default-priority"
    if scheduling["userScheduler"]["enabled"]:
        pods.scheduler_name = f"{release}-user-scheduler"
    if values["imagePullSecret"]["create"]:
        pods.image_pull_secrets = ["image-pull-secret"]
    files = user["extraFiles"]
    pods.volumes = [_files(list(files))] if files else []
    pods.volume_mounts = [
        {"name": "files", "subPath": name, "mountPath": file["mountPath"]} for name, file in files.items()
    ]
    c.Spawner.cmd = user.get("cmd")


def _files(names: list[str]) -> dict[str, Any]:
    items = [{"key": name, "path": name} for name in names]
    return {"name": "files", "secret": {"secretName": "singleuser", "items": items}}
