"""Plays the disk driver: creates a volume for each claim once the scheduler has chosen a node."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sandbox.clusters.cloud import CloudRefusalError, read_tags
from sandbox.clusters.kubernetes_api import Object, annotation_of, create, watch
from sandbox.clusters.workloads.aks_pods import DISK_DRIVER

if TYPE_CHECKING:
    import httpx

    from sandbox.clock import Clock
    from sandbox.clusters.cloud import Cloud

PROVISIONER = "volume.kubernetes.io/storage-provisioner"
CHOSEN_NODE = "volume.kubernetes.io/selected-node"
CLASSES = "/apis/storage.k8s.io/v1/storageclasses"
VOLUMES = "/api/v1/persistentvolumes"


async def provision_disks(api: httpx.AsyncClient, clock: Clock, cloud: Cloud) -> None:
    """Create volumes for claims, and delete those of deleted claims, while the cluster runs."""
    provisioned: dict[str, str] = {}
    async for claims in watch(api, "/api/v1/persistentvolumeclaims"):
        for uid in [uid for uid in provisioned if uid not in claims]:
            name = provisioned.pop(uid)
            await api.delete(f"{VOLUMES}/{name}")
            cloud.delete_disk(name)
        for uid, claim in list(claims.items()):
            if uid not in provisioned and _wants_disk(claim) and await _create_disk(api, cloud, claim):
                await clock.spend("disk.attach")
                provisioned[uid] = f"pvc-{uid}"
                await create(api, VOLUMES, _volume(claim))


async def _create_disk(api: httpx.AsyncClient, cloud: Cloud, claim: Object) -> bool:
    """Create the disk in Azure, with the tags of its storage class; return whether there is one."""
    storage_class = (await api.get(f"{CLASSES}/{claim['spec']['storageClassName']}")).json()
    parameters = {key.lower(): value for key, value in (storage_class.get("parameters") or {}).items()}
    metadata = claim["metadata"]
    own = {
        "kubernetes.io-created-for-pvc-name": metadata["name"],
        "kubernetes.io-created-for-pvc-namespace": metadata["namespace"],
    }
    try:
        cloud.create_disk(f"pvc-{metadata['uid']}", {**read_tags(parameters.get("tags", "")), **own})
    except CloudRefusalError as refusal:
        path = f"/api/v1/namespaces/{metadata['namespace']}/events"
        await create(api, path, _refused(claim, refusal))
        return False
    return True


def _refused(claim: Object, refusal: CloudRefusalError) -> Object:
    """Return the event of the disk driver about a disk that Azure refused; one for each claim."""
    metadata = claim["metadata"]
    now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": f"{metadata['name']}.refused", "namespace": metadata["namespace"]},
        "involvedObject": {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "name": metadata["name"],
            "namespace": metadata["namespace"],
            "uid": metadata["uid"],
        },
        "type": "Warning",
        "reason": "ProvisioningFailed",
        "message": f'failed to provision volume with StorageClass "{claim["spec"]["storageClassName"]}": rpc '
        "error: code = Internal desc = Retriable: false, RetryAfter: 0s, HTTPStatusCode: 403, RawError: "
        f"{json.dumps({'error': {'code': refusal.code, 'message': refusal.message}})}",
        "source": {"component": DISK_DRIVER},
        "firstTimestamp": now,
        "lastTimestamp": now,
        "count": 1,
    }


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
