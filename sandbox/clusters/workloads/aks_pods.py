"""The system pods and the storage class of AKS; the pods take a part of each node, as in Azure."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Any

import yaml

from sandbox.clusters.kubernetes_api import Object, create

if TYPE_CHECKING:
    import httpx

APPS = "/apis/apps/v1/namespaces/kube-system"
DISK_DRIVER = "disk.csi.azure.com"


async def install_aks_pods(api: httpx.AsyncClient) -> None:
    """Create the system workloads and the default storage class, unless they exist."""
    listed = yaml.safe_load(
        files("sandbox.clusters.workloads").joinpath("aks_pods.yaml").read_text(encoding="utf-8")
    )
    for each in listed["daemonSets"]:
        # A toleration without a key matches all taints.
        await create(api, f"{APPS}/daemonsets", _workload("DaemonSet", each, [{"operator": "Exists"}]))
    for each in listed["deployments"]:
        tolerated = [{"key": "CriticalAddonsOnly", "operator": "Exists"}]
        body = _workload("Deployment", each, tolerated)
        body["spec"]["replicas"] = each["replicas"]
        await create(api, f"{APPS}/deployments", body)
    await create(api, "/apis/storage.k8s.io/v1/storageclasses", _default_class())


def _workload(kind: str, each: dict[str, Any], tolerations: list[Object]) -> Object:
    labels = {"k8s-app": each["name"]}
    container = {
        "name": each["name"],
        "image": f"mcr.microsoft.com/aks/{each['name']}",
        "resources": {"requests": {"cpu": each["cpu"], "memory": each["memory"]}},
    }
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": each["name"], "namespace": "kube-system", "labels": labels},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {
                    "containers": [container],
                    "tolerations": tolerations,
                    "priorityClassName": "system-node-critical",
                },
            },
        },
    }


def _default_class() -> Object:
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {
            "name": "default",
            "annotations": {"storageclass.kubernetes.io/is-default-class": "true"},
        },
        "provisioner": DISK_DRIVER,
        "parameters": {"skuname": "StandardSSD_LRS"},
        "volumeBindingMode": "WaitForFirstConsumer",
        "allowVolumeExpansion": True,
        "reclaimPolicy": "Delete",
    }
