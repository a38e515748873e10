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
        found = await find_object(api, _name(name))
        # One that is not being removed is new: something else made it between two looks.
        if found is None or not _is_terminating(found):
            return True
        return Pending(
            ": ".join((f"waiting until the namespace {name} is removed", *_what_keeps(found)[-1:]))
        )

    try:
        await wait_until(look, report.progress, limit=REMOVAL_LIMIT, every=LOOK_EVERY)
    except TimeLimitExceededError:
        reasons = _what_keeps(await find_object(api, _name(name)) or {})
        raise KubernetesError(
            f"The namespace {name} is not removed in time.",
            cause=" ".join(reasons) or None,
            suggestion=f"Look for what keeps it: kubectl get namespace {name} -o yaml",
            retryable=True,
        ) from None


def _name(name: str) -> ObjectName:
    return ObjectName("v1", "Namespace", name)


def _manifest(name: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": dict(OWN_LABEL)}}


def _is_terminating(namespace: dict[str, Any]) -> bool:
    return "deletionTimestamp" in namespace["metadata"]


def _what_keeps(namespace: dict[str, Any]) -> list[str]:
    """Return why a namespace that is being deleted is still there, as the namespace controller reports it.

    The conditions that are true tell of troubles (discovery or deletion failed) and of what is left: content,
    then finalizers, which say most and come last.
    """
    conditions = namespace.get("status", {}).get("conditions") or []
    return [each["message"] for each in conditions if each.get("status") == "True" and each.get("message")]
