"""Locks a cluster for one run by a Lease object, which runs with other places for outputs see, too."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from deployer.errors import KubernetesError
from deployer.kubernetes.objects import ObjectName, create_object, find_object, patch_object
from deployer.locking import LOCK_SECONDS, Holder, LockLostError

if TYPE_CHECKING:
    from kr8s.asyncio import Api

# The namespace of the hub may not exist yet.
LEASE = ObjectName("coordination.k8s.io/v1", "Lease", "binderhub-deployer", "default")
ANNOTATION_PREFIX = "binderhub-deployer/"


class ClusterLock:
    """A Lease object in a cluster.

    Args:
        api: the cluster's API.

    """

    outlives_its_holder = True

    def __init__(self, api: Api) -> None:
        self._api = api
        self._holder: Holder | None = None

    async def acquire(self, holder: Holder) -> Holder | None:
        """Write the holder into the Lease; return the other holder if there is one."""
        live = await find_object(self._api, LEASE)
        if live is None:
            if not await create_object(self._api, _manifest(holder)):
                return await self.acquire(holder)
        elif _is_held(live, holder):
            annotations = live["metadata"].get("annotations") or {}
            return Holder.of(
                {name.removeprefix(ANNOTATION_PREFIX): value for name, value in annotations.items()}
            )
        else:
            try:
                await patch_object(self._api, LEASE, _taken_over(live, holder))
            except KubernetesError as error:
                if error.retryable:
                    raise
                # A conflict: another run was faster, and is seen at the next look.
                return await self.acquire(holder)
        self._holder = holder
        return None

    async def renew(self) -> None:
        """Extend the Lease, unless another run holds it."""
        live = await find_object(self._api, LEASE)
        if live is None or self._holder is None or live["spec"].get("holderIdentity") != self._holder.run:
            raise LockLostError
        version = live["metadata"]["resourceVersion"]
        changes = {"metadata": {"resourceVersion": version}, "spec": {"renewTime": _now()}}
        await patch_object(self._api, LEASE, changes)

    async def release(self) -> None:
        """Remove the holder from the Lease."""
        await patch_object(self._api, LEASE, {"spec": {"holderIdentity": None}})


def _is_held(live: dict[str, Any], holder: Holder) -> bool:
    """Return whether another run holds the Lease and has renewed it in time."""
    spec = live["spec"]
    if spec.get("holderIdentity") in (None, "", holder.run) or not spec.get("renewTime"):
        return False
    expires = datetime.fromisoformat(spec["renewTime"]) + timedelta(seconds=LOCK_SECONDS)
    return expires > datetime.now(UTC)


def _manifest(holder: Holder) -> dict[str, Any]:
    annotations = {f"{ANNOTATION_PREFIX}{name}": value for name, value in holder.fields().items()}
    return {
        "apiVersion": LEASE.version,
        "kind": LEASE.kind,
        "metadata": {"name": LEASE.name, "namespace": LEASE.namespace, "annotations": annotations},
        "spec": {
            "holderIdentity": holder.run,
            "leaseDurationSeconds": LOCK_SECONDS,
            "acquireTime": _now(),
            "renewTime": _now(),
        },
    }


def _taken_over(live: dict[str, Any], holder: Holder) -> dict[str, Any]:
    """Return the changes that make a run the holder, if the Lease is still as it was found."""
    wanted = _manifest(holder)
    version = live["metadata"]["resourceVersion"]
    return {
        "metadata": {"resourceVersion": version, "annotations": wanted["metadata"]["annotations"]},
        "spec": wanted["spec"],
    }


def _now() -> str:
    """Return the time in the format of a MicroTime."""
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
