"""Plays the disk driver: creates a volume for each claim once the scheduler has chosen a node."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.clusters.kubernetes_api import Object, annotation_of, create, watch
from sandbox.clusters.workloads.aks_pods import DISK_DRIVER

if TYPE_CHECKING:
    import httpx

    from sandbox.clock import Clock

PROVISIONER = "volume.kubernetes.io/storage-provisioner"
CHOSEN_NODE = "volume.kubernetes.io/selected-node"
VOLUMES = "/api/v1/persistentvolumes"


async def provision_disks(api: httpx.AsyncClient, clock: Clock) -> None:
    """Create volumes for claims, and delete those of deleted claims, while the cluster runs."""
    provisioned: dict[str, str] = {}
    async for claims in watch(api, "/api/v1/persistentvolumeclaims"):
        for uid in [uid for uid in provisioned if uid not in claims]:
            await api.delete(f"{VOLUMES}/{provisioned.pop(uid)}")
        for uid, claim in list(claims.items()):
            if uid not in provisioned and _wants_disk(claim):
                await clock.spend("disk.attach")
                provisioned[uid] = f"pvc-{uid}"
                await create(api, VOLUMES, _volume(claim))


def _wants_disk(claim: Object) -> bool:
    return (
        annotation_of(claim, PROVISIONER) == DISK_DRIVER
        and annotation_of(claim, CHOSEN_NODE) is not None
        and not claim["spec"].get("volumeName")
    )


def _volume(claim: Object) -> Object:
    metadata = claim["metadata"]
    name = f"pvc-{metadata['uid']}"
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name, "annotations": {"pv.kubernetes.io/provisioned-by": DISK_DRIVER}},
        "spec": {
            "accessModes": claim["spec"]["accessModes"],
            "capacity": {"storage": claim["spec"]["resources"]["requests"]["storage"]},
            "claimRef": {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "name": metadata["name"],
                "namespace": metadata["namespace"],
                "uid": metadata["uid"],
            },
            "csi": {"driver": DISK_DRIVER, "volumeHandle": f"/sandbox/disks/{name}"},
            "storageClassName": claim["spec"].get("storageClassName"),
            # Volumes are deleted above: there is no driver to which Kubernetes could delegate that.
            "persistentVolumeReclaimPolicy": "Retain",
        },
    }
