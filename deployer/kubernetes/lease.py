"""Locks a cluster for one run by a Lease object, which runs with other places for outputs see, too.

The clock of the cluster decides whether a lock has expired: the clocks of the machines that run the deployer
can be wrong, so client-go (tools/leaderelection) does not compare them with each other either.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from deployer.errors import KubernetesError
from deployer.kubernetes.objects import ObjectName, create_object, find_object, patch_object
from deployer.kubernetes.requests import server_time
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
        now = await server_time(self._api)
        live = await find_object(self._api, LEASE)
        if live is None:
            if not await create_object(self._api, _manifest(holder, now)):
                return await self.acquire(holder)
        elif _is_held(live, holder, now):
            annotations = live["metadata"].get("annotations") or {}
            return Holder.of(
                {name.removeprefix(ANNOTATION_PREFIX): value for name, value in annotations.items()}
            )
        else:
            try:
                await patch_object(self._api, LEASE, _taken_over(live, holder, now))
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
        now = await server_time(self._api)
        changes = {"metadata": {"resourceVersion": version}, "spec": {"renewTime": _micro_time(now)}}
        await patch_object(self._api, LEASE, changes)

    async def release(self) -> None:
        """Remove the holder from the Lease."""
        await patch_object(self._api, LEASE, {"spec": {"holderIdentity": None}})


def _is_held(live: dict[str, Any], holder: Holder, now: datetime) -> bool:
    """Return whether another run holds the Lease and has renewed it in time."""
    spec = live["spec"]
    if spec.get("holderIdentity") in (None, "", holder.run) or not spec.get("renewTime"):
        return False
    expires = datetime.fromisoformat(spec["renewTime"]) + timedelta(seconds=LOCK_SECONDS)
    return expires > now


def _manifest(holder: Holder, now: datetime) -> dict[str, Any]:
    annotations = {f"{ANNOTATION_PREFIX}{name}": value for name, value in holder.fields().items()}
    return {
        "apiVersion": LEASE.version,
        "kind": LEASE.kind,
        "metadata": {"name": LEASE.name, "namespace": LEASE.namespace, "annotations": annotations},
        "spec": {
            "holderIdentity": holder.run,
            "leaseDurationSeconds": LOCK_SECONDS,
            "acquireTime": _micro_time(now),
            "renewTime": _micro_time(now),
        },
    }


def _taken_over(live: dict[str, Any], holder: Holder, now: datetime) -> dict[str, Any]:
    """Return the changes that make a run the holder, if the Lease is still as it was found."""
    wanted = _manifest(holder, now)
    version = live["metadata"]["resourceVersion"]
    return {
        "metadata": {"resourceVersion": version, "annotations": wanted["metadata"]["annotations"]},
        "spec": wanted["spec"],
    }


def _micro_time(moment: datetime) -> str:
    """Return a time in the format of a MicroTime."""
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
