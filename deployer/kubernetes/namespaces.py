"""Creates namespaces beside that of the hub, and removes only those with the label of the deployer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deployer.errors import KubernetesError
from deployer.kubernetes.objects import ObjectName, ensure_object, find_object, remove_object
from deployer.names import OWN_LABEL
from deployer.waiting import Pending, TimeLimitExceededError, wait_until

if TYPE_CHECKING:
    from kr8s.asyncio import Api

    from deployer.progress.report import StepReport

# Removing a namespace takes a minute or two where the cloud has to release public addresses. Seconds.
REMOVAL_LIMIT = 300.0
LOOK_EVERY = 1.0


async def ensure_own_namespace(api: Api, name: str, report: StepReport) -> None:
    """Create a namespace with the label of the deployer; one that is being deleted is waited for first."""
    found = await find_object(api, _name(name))
    if found is not None and _is_terminating(found):
        await _await_removal(api, name, report)
    await ensure_object(api, _manifest(name))


async def find_own_namespace(api: Api, name: str) -> bool:
    """Return whether there is such a namespace that the deployer created."""
    found = await find_object(api, _name(name))
    labels = (found or {}).get("metadata", {}).get("labels") or {}
    return OWN_LABEL.items() <= labels.items()


async def remove_own_namespace(api: Api, name: str, report: StepReport) -> None:
    """Remove a namespace with everything in it, and wait until it is gone."""
    await remove_object(api, _name(name))
    await _await_removal(api, name, report)


async def _await_removal(api: Api, name: str, report: StepReport) -> None:
    async def look() -> bool | Pending:
        if await find_object(api, _name(name)) is None:
            return True
        return Pending(f"waiting until the namespace {name} is removed")

    try:
        await wait_until(look, report.progress, limit=REMOVAL_LIMIT, every=LOOK_EVERY)
    except TimeLimitExceededError:
        raise KubernetesError(
            f"The namespace {name} is not removed in time.",
            suggestion=f"Look for what keeps it: kubectl get namespace {name} -o yaml",
            retryable=True,
        ) from None


def _name(name: str) -> ObjectName:
    return ObjectName("v1", "Namespace", name)


def _manifest(name: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": dict(OWN_LABEL)}}


def _is_terminating(namespace: dict[str, Any]) -> bool:
    return "deletionTimestamp" in namespace["metadata"]
